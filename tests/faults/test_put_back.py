"""New settings that do not get ready: what failed is named, and the old service is back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import Lab, Spec, changed, no_reboot, until
from tests.support.pyinfra import Ran
from tests.support.started_service import back, fault, files, start_of

HOST, NAME = "orin", "cosmos"
SERVE = "serving | Serve cosmos"
KEPT = "/var/lib/jetfleet/services/cosmos"
FOREIGN = "systemd-run --quiet --unit=foreign python3 -m http.server"
BACK = back(NAME)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One board."""
    lab = Lab.up(tmp_path_factory.mktemp("back"), [HOST], no_reboot)
    yield lab
    lab.down()


@pytest.fixture
def lab(first: Lab) -> Lab:
    """The board with a service that is ready, whatever the last test has left."""

    def reset(spec: Spec) -> None:
        spec["hosts"][HOST].pop("services", None)
        spec["models"].pop("qwen", None)

    first.rewrite(reset)
    first.converge()
    return first


def edited(lab: Lab, **service: Any) -> None:
    """Write other settings of the service."""

    def edit(spec: Spec) -> None:
        spec["hosts"][HOST]["services"] = {"cosmos": service}

    lab.rewrite(edit)


def applied(lab: Lab, **service: Any) -> Ran:
    edited(lab, **service)
    return lab.apply()


@pytest.mark.parametrize(
    ("name", "sentence", "last"),
    [
        ("killed-at-load", "it ended with exit status 137 (killed, as a rule for lack of m", ""),
        pytest.param(
            *("crash-at-load", "it ended with exit status 1;", "CUDACachingAllocator.cpp"),
            marks=pytest.mark.campaign,
        ),
        ("generation-fails", "/v1/chat/completions answered 500", "POST /v1/chat/completions"),
        pytest.param(
            *("generation-crashes", "cosmos does not come up: ", "an illegal memory access"),
            marks=pytest.mark.campaign,
        ),
    ],
)
def test_what_fails_is_named_and_the_old_one_is_back(
    lab: Lab, name: str, sentence: str, last: str
) -> None:
    before = files(lab, HOST, NAME)
    ran = applied(lab, env=fault(name), flags={"max-model-len": 4096})
    assert ran.status == 1
    assert sentence in ran.log
    assert last in ran.log
    assert BACK in ran.log
    assert files(lab, HOST, NAME) == before
    assert lab.holds(HOST, "systemctl is-active jetfleet-cosmos")
    assert lab.chat(HOST)
    options = lab.get(HOST, "/standin/options")
    assert options["max-model-len"] == 8192
    assert SERVE in lab.plan()[HOST], "what the spec wants does not run, and the plan says so"


@pytest.mark.campaign
def test_a_service_that_is_kept_is_left_as_it_failed(lab: Lab) -> None:
    ran = applied(lab, env=fault("crash-at-load"), on_failure="keep")
    assert ran.status == 1
    assert "It stays as it is, because its on_failure is keep." in ran.log
    assert lab.holds(HOST, "! systemctl is-active jetfleet-cosmos")
    assert "crash-at-load" in lab.sh(HOST, "cat /etc/jetfleet/cosmos/env")
    # on_failure is changed only now: what was last ready is still known.
    ran = applied(lab, env=fault("crash-at-load"))
    assert ran.status == 1
    assert BACK in ran.log
    assert lab.chat(HOST)


def test_a_foreign_process_on_the_port_is_named_before_anything_stops(lab: Lab) -> None:
    before, start = files(lab, HOST, NAME), start_of(lab, HOST, NAME)
    lab.sh(HOST, f"{FOREIGN} 8010")
    pid = lab.sh(HOST, "systemctl show -P MainPID foreign").strip()
    try:
        until(lambda: lab.holds(HOST, "curl -s http://127.0.0.1:8010"), "the foreign process")
        ran = applied(lab, port=8010)
        assert ran.status == 1
        assert (
            f"cosmos is not started: port 8010 is taken by python3 (pid {pid}, of foreign.service)"
        ) in ran.log
        assert "The old cosmos was not touched" in ran.log
        assert start_of(lab, HOST, NAME) == start
        assert files(lab, HOST, NAME) == before
        assert lab.chat(HOST)
    finally:
        lab.sh(HOST, "systemctl stop foreign")
    assert lab.apply().status == 0
    assert lab.chat(HOST, port=8010)


@pytest.mark.campaign
def test_a_foreign_container_on_the_port_is_called_by_its_name(lab: Lab) -> None:
    image = lab.sh(HOST, "docker inspect -f '{{.Image}}' cosmos").strip()
    run = f"docker run -d --rm --network host --name foreign --entrypoint python3 {image}"
    lab.sh(HOST, f"{run} -m http.server 8011")
    try:
        until(lambda: lab.holds(HOST, "curl -s http://127.0.0.1:8011"), "the foreign container")
        ran = applied(lab, port=8011)
        assert "port 8011 is taken by python3 (pid " in ran.log
        assert "of the container foreign)" in ran.log
    finally:
        lab.sh(HOST, "docker rm -f foreign")


@pytest.mark.campaign
def test_a_port_that_is_taken_at_boot_is_named_in_the_journal(lab: Lab) -> None:
    lab.sh(HOST, f"systemctl stop jetfleet-cosmos; {FOREIGN} 8000")
    try:
        until(lambda: lab.holds(HOST, "curl -s http://127.0.0.1:8000"), "the foreign process")
        lab.sh(HOST, "systemctl start --no-block jetfleet-cosmos")
        said = "journalctl -u jetfleet-cosmos -o cat | grep 'port 8000 is taken by python3 (pid'"
        until(lambda: lab.holds(HOST, said), "the unit to say who has its port")
        ran = lab.apply()
        assert ran.status == 1
        assert "port 8000 is taken by python3 (pid" in ran.log
        assert "It was ready with the same settings before" in ran.log
    finally:
        lab.sh(HOST, "systemctl stop foreign")
    assert lab.apply().status == 0


def test_what_was_ready_is_for_root_alone(lab: Lab) -> None:
    assert lab.sh(HOST, f"ls {KEPT}").split() == ["ready.tar"]
    assert lab.sh(HOST, f"stat -c '%a %U' {KEPT} {KEPT}/ready.tar").split("\n")[:2] == [
        "700 root",
        "600 root",
    ]


@pytest.mark.campaign
def test_a_run_that_dies_while_the_new_one_fails_leaves_no_trace(lab: Lab) -> None:
    edited(lab, env=fault("never-ready"), ready_timeout=4)
    run = lab.start("-y", stdout=subprocess.DEVNULL)
    try:
        loads = "docker inspect -f '{{.Config.Env}}' cosmos | grep never-ready"
        until(lambda: lab.holds(HOST, loads), "the new service to load")
    finally:
        run.kill()
        run.wait()
    assert lab.holds(HOST, "[ $(systemctl is-active jetfleet-cosmos) = activating ]")
    ran = lab.apply()
    assert ran.status == 1
    assert "Serve cosmos: nothing has moved for 4 seconds" in ran.log
    assert BACK in ran.log
    assert lab.chat(HOST)


@pytest.mark.campaign
def test_a_run_that_dies_while_it_puts_back_is_repaired_by_the_next(lab: Lab) -> None:
    """Half of the files are of then, half of now, and the unit is the new one."""
    applied(lab, env=fault("crash-at-load"), flags={"max-model-len": 4096}, on_failure="keep")
    lab.sh(
        HOST,
        f"tar -xOf {KEPT}/ready.tar --wildcards '*etc/jetfleet/cosmos/vllm.yaml'"
        " > /etc/jetfleet/cosmos/vllm.yaml",
    )
    ran = applied(lab, env=fault("crash-at-load"), flags={"max-model-len": 4096})
    assert BACK in ran.log
    assert lab.sh(HOST, f"ls {KEPT}").split() == ["ready.tar"]
    edited(lab)
    lab.converge()
    assert lab.plan() == {}


def test_a_model_that_cannot_be_verified_leaves_the_old_one_alone(lab: Lab) -> None:
    before, start = files(lab, HOST, NAME), start_of(lab, HOST, NAME)

    def edit(spec: Spec) -> None:
        spec["models"]["qwen"] = {"source": "hf:Qwen/Qwen3-VL-2B-Instruct"}
        spec["hosts"][HOST]["services"] = {"cosmos": {"model": "qwen"}}

    lab.rewrite(edit)
    lab.fault(match="cas-bridge*", flip=20000, times=None)
    try:
        ran = lab.apply()
        assert ran.status == 1
        assert files(lab, HOST, NAME) == before
        assert start_of(lab, HOST, NAME) == start
        assert lab.chat(HOST)
    finally:
        lab.no_faults()
    assert lab.apply().status == 0
    assert start_of(lab, HOST, NAME) != start
    assert "qwen" in lab.get(HOST, "/v1/models")["data"][0]["id"]


def test_only_what_changed_is_started_and_once(lab: Lab) -> None:
    shared = {"gpu-memory-utilization": 0.4}

    def two(length: int) -> None:
        def edit(spec: Spec) -> None:
            spec["hosts"][HOST]["services"] = {
                "cosmos": {"flags": {**shared, "max-model-len": length}},
                "other": {
                    "runtime": "vllm",
                    "model": "cosmos-reason2-2b",
                    "port": 8001,
                    "flags": {**shared, "max-model-len": 4096},
                },
            }

        lab.rewrite(edit)

    starts = "journalctl -q -o cat -u jetfleet-cosmos | grep -c '^Starting '"
    two(4096)
    lab.converge()
    before, count, other = (
        start_of(lab, HOST, NAME),
        int(lab.sh(HOST, starts)),
        start_of(lab, HOST, "other"),
    )
    two(2048)
    ran = lab.converge()
    assert "serving | Serve other" not in changed(ran, HOST)
    assert start_of(lab, HOST, NAME) != before
    assert int(lab.sh(HOST, starts)) == count + 1
    assert start_of(lab, HOST, "other") == other
    assert lab.get(HOST, "/standin/options")["max-model-len"] == 2048
