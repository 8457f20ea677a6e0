"""A board that was only flashed: first contact by password, and from there to a serving board."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import terminal
from tests.support.lab import Lab, Spec, changed, no_reboot, write_spec
from tests.support.pyinfra import BIN, ROOT
from twins.flashed import PASSWORD
from twins.fleet import Fleet

BOOTSTRAP = "deploys/bootstrap.py"
HOST = "nano"
OTHERS = "# kept\nssh-ed25519 AAAAother bob@desk"


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    for name in ("groups", "services"):
        spec["hosts"][HOST].pop(name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A twin as the guide has it: by `jetfleet twin up --flashed`."""
    spec = write_spec(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    up = _jetfleet("twin", "up", str(spec), HOST, "--flashed", "--owner", str(os.getpid()))
    fleet = Fleet.find(spec)
    assert up.returncode == 0, up.stderr
    assert fleet is not None
    assert f"their users log in by the password {PASSWORD}" in up.stdout
    yield Lab(spec, fleet)
    assert _jetfleet("twin", "down", str(spec)).returncode == 0


def _jetfleet(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "jetfleet"), *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_twin_is_a_board_that_was_only_flashed(lab: Lab) -> None:
    assert not lab.holds(HOST, "command -v dockerd || command -v docker || [ -e /etc/docker ]")
    assert not lab.holds(HOST, "command -v nvidia-container-runtime")
    assert lab.sh(HOST, "dpkg-query -W -f '${db:Status-Status} ' docker.io || true").strip() in {
        "",
        "not-installed",
    }
    assert lab.holds(HOST, "apt-get -q update >/dev/null && apt-get -s install docker.io")
    offered = lab.sh(HOST, "apt-cache policy nvidia-container-toolkit")
    assert "Candidate: 1.16.2-1" in offered
    assert not lab.holds(HOST, "su nvidia -c 'sudo -n true'")


def test_without_a_password_the_remedy_is_named(lab: Lab) -> None:
    said = " ".join(lab.dry().log.split())
    assert "`deploys/bootstrap.py`" in said


def test_first_contact_adds_the_key_and_a_second_run_changes_nothing(lab: Lab) -> None:
    assert lab.holds(HOST, "! test -e ~nvidia/.ssh")
    lab.rewrite(lambda spec: spec["hosts"][HOST].update(ssh={"password": {"env": "BOARD"}}))
    lab.sh(HOST, "mkdir -p /run/spy; (while [ -e /run/spy ]; do ps -eo args; done) "
                 "> /run/seen 2>&1 & echo $! > /run/spy/pid")  # fmt: skip
    secret = {"JETFLEET_TWIN_BOARD": PASSWORD}
    first = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert first.status == 0, first.log[-3000:]
    assert changed(first, HOST) == [
        "bootstrap | Set up the user nvidia",
        "bootstrap | Log in by key",
    ]
    assert "logs in by key from now on" in first.log
    lab.sh(HOST, "rm -r /run/spy")
    said = first.log + lab.sh(HOST, "cat /run/seen; journalctl --no-pager")
    assert "setsid" in said
    assert "canary" not in said
    modes = lab.sh(HOST, "cd ~nvidia; stat -c '%U %a' .ssh .ssh/authorized_keys").split("\n")
    assert modes[:2] == ["nvidia 700", "nvidia 600"]
    again = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert again.status == 0, again.log[-3000:]
    assert changed(again, HOST) == []
    assert "Log in by key" not in again.log


def test_keys_of_others_stay(lab: Lab) -> None:
    file = "/home/nvidia/.ssh/authorized_keys"
    lab.sh(HOST, f"printf '%s' '{OTHERS}' > {file}; chmod 666 {file}; chmod 777 ~nvidia")
    secret = {"JETFLEET_TWIN_BOARD": PASSWORD}
    done = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert done.status == 0, done.log[-3000:]
    assert lab.sh(HOST, f"head -n 2 {file}") == f"{OTHERS}\n"
    assert lab.sh(HOST, f"wc -l < {file}") == "3\n"
    assert lab.sh(HOST, f"stat -c %a {file} ~nvidia").split() == ["600", "755"]


def test_a_rule_of_the_spec_ends_the_question_of_sudo(lab: Lab) -> None:
    file, silent = "/etc/sudoers.d/jetfleet-rules", "su nvidia -c 'sudo -n true'"
    secret = {"JETFLEET_TWIN_BOARD": PASSWORD}
    lab.rewrite(lambda spec: spec["hosts"][HOST].update(sudoers=["nvidia ALL=(ALL NOPASSWD: ALL"]))
    refused = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert refused.status
    assert "syntax error" in refused.log
    assert not lab.holds(HOST, f"[ -e {file} ] || {silent}")
    lab.rewrite(lambda spec: spec["hosts"][HOST].update(sudoers=["nvidia ALL=(ALL) NOPASSWD: ALL"]))
    done = lab.apply(deploy=BOOTSTRAP, environ=secret)
    assert done.status == 0, done.log[-3000:]
    assert changed(done, HOST) == [f"bootstrap | Write {file}"]
    assert lab.sh(HOST, f"stat -c '%U %a' {file}") == "root 440\n"
    assert lab.holds(HOST, silent)
    lab.rewrite(lambda spec: spec["hosts"][HOST].pop("ssh"))
    again = lab.apply(deploy=BOOTSTRAP)
    assert again.status == 0, again.log[-3000:]
    assert changed(again, HOST) == []
    lab.sh(HOST, f"rm {file}")
    lab.rewrite(lambda spec: spec["hosts"][HOST].pop("sudoers"))


def test_a_password_is_typed_at_the_terminal(lab: Lab) -> None:
    lab.sh(HOST, "rm -r ~nvidia/.ssh")
    words = [str(BIN / "pyinfra"), str(lab.inventory), BOOTSTRAP]
    typed = {"password of the boards (Enter: none): ": f"{PASSWORD}\n", **terminal.ANSWERS}
    shown = terminal.run(words, ROOT, {}, typed)
    assert shown.status == 0, shown.text
    assert shown.text.count("password of the boards") == 1
    assert "canary" not in shown.text
    assert "logs in by key from now on" in shown.text
