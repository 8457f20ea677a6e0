"""What must hold of each change that can cut a board off: it is undone by the board itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import Edit, Lab, Ran, Spec, errors, lasting, no_reboot, recorded_base, until
from tests.support.lab_cli import Jetfleet

DEPLOY = "deploys/base.py"
HOST = "orin"
LIMIT = 120
"""Seconds until a board is as it was."""

CONFIG = "/etc/docker/daemon.json"
DROP_IN = "/etc/ssh/sshd_config.d/00-jetfleet.conf"
RULES = "/etc/sudoers.d/jetfleet-rules"
DOCKER_RUNS = '[ "$(systemctl is-active docker)" = active ]'

# Rules of a firewall, and the service that takes them.
WALL: dict[str, object] = {
    "files": {
        "/etc/wall.sh": {
            "content": "iptables -A INPUT -p tcp --dport 22 -j DROP\n",
            "restart": ["wall.service"],
            "guard": True,
        }
    },
    "units": {
        "wall.service": {
            "content": "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            "ExecStart=/bin/sh /etc/wall.sh\nExecStop=/usr/sbin/iptables -F INPUT\n"
            "[Install]\nWantedBy=multi-user.target\n"
        }
    },
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("switch"), [HOST], no_reboot)
    assert lab.apply(deploy=DEPLOY).status == 0
    yield lab
    lab.down()


@pytest.fixture(autouse=True)
def as_before(lab: Lab) -> Iterator[None]:
    """Give the spec back what a test has changed in it; the board must be as it was."""
    text = lab.spec.read_text(encoding="utf-8")
    yield
    lab.spec.write_text(text, encoding="utf-8")
    assert lab.holds(HOST, f"[ ! -e {DROP_IN} ] && [ ! -e {RULES} ]")
    assert lab.holds(HOST, "[ ! -e /etc/wall.sh ] && ! iptables -S INPUT | grep -q DROP")
    assert not left(lab)


def host(**keys: object) -> Edit:
    def edit(spec: Spec) -> None:
        spec["hosts"][HOST].update(keys)

    return edit


def left(lab: Lab) -> str:
    return lab.sh(
        HOST,
        "ls /var/lib/jetfleet/switch | grep -vxE 'lock|busy|back.json'; "
        "ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants | grep switch; true",
    )


def timed(lab: Lab, deploy: str = DEPLOY) -> tuple[Ran, float]:
    begun = time.monotonic()
    ran = lab.apply(deploy=deploy)
    return ran, time.monotonic() - begun


@pytest.mark.parametrize(
    ("keys", "what", "path"),
    [
        ({"sshd": {"AllowUsers": "another-user"}}, "sshd's settings", DROP_IN),
        ({"sshd": {"ListenAddress": "198.51.100.7"}}, "sshd's settings", DROP_IN),
        ({"sudoers": ["Defaults requiretty"]}, "sudo's rules", RULES),
        (WALL, "/etc/wall.sh", "/etc/wall.sh"),
    ],
    ids=["sshd", "sshd-that-ends", "sudo", "firewall"],
)
def test_a_board_that_lets_us_in_no_more(
    lab: Lab, keys: dict[str, object], what: str, path: str
) -> None:
    lab.rewrite(host(**keys))
    with lasting(lambda: lab.holds(HOST, f"[ -e {path} ]")) as seconds:
        ran, took = timed(lab)
    print(f"{what}: back after {seconds[0]:.0f} s, the run took {took:.0f} s")
    assert ran.status != 0
    said = " ".join(errors(ran, HOST))
    assert f"the board did not answer at {lab.fleet.ip(HOST)}" in said
    assert f"the old state of {what} was put back at" in said
    assert 0 < seconds[0] < LIMIT
    lab.rewrite(lambda spec: [spec["hosts"][HOST].pop(key) for key in keys])
    assert lab.apply(deploy=DEPLOY).status == 0


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"sshd": {"NoSuchSetting": "yes"}}, "Bad configuration option"),
        ({"sudoers": ["this is no rule"]}, "syntax error"),
    ],
    ids=["sshd", "sudo"],
)
def test_what_its_program_refuses_is_never_in_place(
    lab: Lab, keys: dict[str, object], said: str
) -> None:
    lab.rewrite(host(**keys))
    ran, took = timed(lab)
    assert ran.status != 0
    assert said in " ".join(errors(ran, HOST))
    assert took < 60


def test_settings_that_work_stay_until_they_leave_the_spec(lab: Lab, tmp_path: Path) -> None:
    lab.rewrite(host(sshd={"PasswordAuthentication": "no"}, sudoers=["Defaults !lecture"]))
    deploy = recorded_base(tmp_path)
    assert lab.apply(deploy=deploy).status == 0
    assert lab.sh(HOST, f"cat {DROP_IN}") == "PasswordAuthentication no\n"
    assert lab.sh(HOST, f"stat -c %a%U {RULES}").strip() == "440root"
    assert not {row for row in lab.plan(f"--limit={HOST}").get(HOST, []) if "base" in row}
    lab.rewrite(lambda spec: [spec["hosts"][HOST].pop(key) for key in ("sshd", "sudoers")])
    ran = lab.apply(deploy=deploy)
    assert ran.status == 0, ran.log[-3000:]
    assert lab.holds(HOST, f"! sshd -T | grep -qi '^passwordauthentication no'; [ ! -e {DROP_IN} ]")


def test_a_rule_of_sudo_that_we_need_comes_back(lab: Lab, tmp_path: Path) -> None:
    deploy = recorded_base(tmp_path)
    rule = lab.sh(HOST, "cat /etc/sudoers.d/nvidia").strip()
    lab.rewrite(host(sudoers=[rule]))
    assert lab.apply(deploy=deploy).status == 0
    lab.sh(HOST, "mv /etc/sudoers.d/nvidia /root/")
    lab.rewrite(lambda spec: spec["hosts"][HOST].pop("sudoers"))
    with lasting(lambda: lab.holds(HOST, f"[ ! -e {RULES} ]")) as seconds:
        ran, took = timed(lab, deploy)
    print(f"a rule of sudo is back after {seconds[0]:.0f} s, the run took {took:.0f} s")
    assert ran.status != 0
    assert "the old state of sudo's rules was put back at" in " ".join(errors(ran, HOST))
    assert 0 < seconds[0] < LIMIT
    assert lab.sh(HOST, f"cat {RULES}").strip() == rule
    lab.sh(HOST, "mv /root/nvidia /etc/sudoers.d/")
    assert lab.apply(deploy=deploy).status == 0


def test_settings_of_docker_that_stop_it_are_undone(lab: Lab) -> None:
    before = lab.sh(HOST, f"cat {CONFIG}")
    docker = {"daemon": {"storage-driver": "no-such-driver"}}
    lab.rewrite(lambda spec: spec["hosts"][HOST].setdefault("docker", {}).update(docker))
    with lasting(lambda: not lab.holds(HOST, DOCKER_RUNS)) as seconds:
        ran, took = timed(lab)
    print(f"Docker: down for {seconds[0]:.0f} s, the run took {took:.0f} s")
    assert ran.status != 0
    assert f"the old {CONFIG} is back" in " ".join(errors(ran, HOST))
    assert seconds[0] < LIMIT
    assert lab.sh(HOST, f"cat {CONFIG}") == before
    assert lab.holds(HOST, DOCKER_RUNS)


def test_settings_of_docker_that_stop_it_and_a_workstation_that_dies(lab: Lab) -> None:
    before = lab.sh(HOST, f"cat {CONFIG}")
    docker = {"daemon": {"storage-driver": "no-such-driver"}}
    lab.rewrite(lambda spec: spec["hosts"][HOST].setdefault("docker", {}).update(docker))
    running = lab.start("-y", deploy=DEPLOY)
    until(lambda: lab.holds(HOST, f"! {DOCKER_RUNS} && grep -q no-such {CONFIG}"), "Docker is down")
    running.kill()
    running.wait()
    begun = time.monotonic()
    until(lambda: lab.sh(HOST, f"cat {CONFIG}") == before, "the old settings", LIMIT)
    until(lambda: lab.holds(HOST, DOCKER_RUNS), "Docker runs", LIMIT - (time.monotonic() - begun))
    until(lambda: not left(lab), "the switch is off", LIMIT - (time.monotonic() - begun))
    print(f"Docker: back {time.monotonic() - begun:.0f} s after the death of the run")


def test_the_run_after_a_death_begins_with_the_old_state(lab: Lab, tmp_path: Path) -> None:
    docker = {"daemon": {"debug": True}}
    lab.rewrite(lambda spec: spec["hosts"][HOST].setdefault("docker", {}).update(docker))
    running = lab.start("-y", deploy=DEPLOY)
    until(lambda: lab.holds(HOST, f"grep -q debug {CONFIG}"), "the new settings")
    running.kill()
    running.wait()
    plan = Jetfleet(lab, tmp_path)("plan", "--deploy", DEPLOY).plan[HOST]
    assert "is not confirmed: the board undoes it" in " ".join(plan.notes)
    ran = lab.apply(deploy=DEPLOY)
    assert ran.status == 0, ran.log[-3000:]
    time.sleep(90)
    assert lab.holds(HOST, f"grep -q debug {CONFIG} && {DOCKER_RUNS}")
