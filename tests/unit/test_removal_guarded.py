"""What decides how a board is reached leaves it under the dead man's switch alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from jetfleet.resources import Access, Applied, File, Network, Removal, RunOptions
from jetfleet.resources.access import SSHD, SUDOERS
from jetfleet.resources.applied import RemovalState
from jetfleet.roles import record
from jetfleet.steps import Confirm, Result, Run, StepFailed
from tests.support.rendered import ROOT, fleet

SHA, OTHER = "a" * 64, "b" * 64
KEYFILE = "/etc/NetworkManager/system-connections/jetfleet-eth0.nmconnection"
WALL = "/etc/wall.sh"
PLACES = {"network:eth0": KEYFILE, f"access:{SSHD}": SSHD, f"access:{SUDOERS}": SUDOERS,
          f"file:{WALL}": WALL}  # fmt: skip
LAST = Removal(frozenset({"service:kept"}), "llm.py", last=True)


def entry(key: str, **more: Any) -> dict[str, Any]:
    guard = {"guard": True, "read_by": ["wall.service"]} if key.startswith("file:") else {}
    return {"by": ["llm.py"], "sha256": [SHA], **guard, **more}


def state(*keys: str, found: str = SHA, **more: Any) -> RemovalState:
    put = {key: entry(key, **more) for key in keys}
    return RemovalState({"put": put}, {PLACES[key]: found for key in keys if key in PLACES})


def jobs(step: object) -> list[dict[str, Any]]:
    """What is sent to programs of the board in a script, and in a change that it leaves there."""
    assert isinstance(step, Run | Confirm)
    lines = [line for line in step.script.splitlines() if line.startswith('{"modules"')]
    return [json.loads(line)["job"] for line in lines]


def run(actual: RemovalState, confirmed: str) -> list[object]:
    """Return the steps of a removal whose changes are confirmed so, and how it ended."""
    steps = LAST.steps(actual, (), RunOptions(), None)  # type: ignore[arg-type]
    done: list[object] = [next(steps)]
    while True:
        state = confirmed if isinstance(done[-1], Confirm) else "armed"
        try:
            done.append(steps.send(Result(ok=True, out=json.dumps({"state": state, "id": "a"}))))
        except StopIteration:
            return done
        except StepFailed as failure:
            return [*done, failure]


@pytest.mark.parametrize("key", PLACES)
def test_it_is_forgotten_once_a_new_connection_has_confirmed_it(key: str) -> None:
    done = run(state(key), "confirmed")
    (armed,) = (job for job in jobs(done[0]) if job.get("action") == "arm")
    assert armed["files"][0] == PLACES[key]
    scripts = armed["change"] + "".join(one.script for one in done[1:-1] if isinstance(one, Run))
    (removal,) = (
        json.loads(line)["job"] for line in scripts.splitlines() if line.startswith('{"modules"')
    )
    assert removal["keys"] == []
    assert [file["path"] for file in removal["files"]] == [PLACES[key]]
    assert removal["restart"] == (["wall.service"] if key.startswith("file:") else [])
    assert isinstance(done[-2], Confirm)
    (forgotten,) = jobs(done[-1])
    assert forgotten["keys"] == [key]
    assert not any(forgotten[part] for part in ("files", "units", "restart", "services"))


@pytest.mark.parametrize("key", PLACES)
def test_what_the_board_has_put_back_stays_in_the_record(key: str) -> None:
    *done, failure = run(state(key), "back")
    assert isinstance(failure, StepFailed)
    assert "was put back" in str(failure)
    assert not any(job.get("keys") for one in done for job in jobs(one))


def test_what_cuts_no_one_off_goes_first() -> None:
    first, *rest = run(state("venv:jtop", "network:eth0"), "confirmed")
    (job,) = jobs(first)
    assert job["keys"] == ["venv:jtop"]
    assert any(isinstance(one, Confirm) for one in rest)


def test_a_connection_that_is_not_there_is_not_removed() -> None:
    absent = replace(state("network:eth0", begun=True), files={})
    assert LAST.compare(absent, RunOptions()) == []


def test_the_plan_says_what_becomes_of_it() -> None:
    actual = state("network:eth0", found=OTHER)
    changes = LAST.compare(actual, RunOptions())
    kept = "/etc/NetworkManager/system-connections/.jetfleet-eth0.nmconnection.jetfleet-kept"
    assert changes[0].sentence == (
        f"{KEYFILE} is no longer in the spec, and a person has changed it: it is kept as {kept}"
    )
    assert LAST.effects(actual, changes).restarts == ("the network of eth0",)


def test_without_a_record_what_the_spec_has_is_not_named() -> None:
    kept = Removal(frozenset({"network:eth0", f"access:{SUDOERS}"}), "llm.py")
    found = RemovalState({}, {KEYFILE: SHA, SUDOERS: SHA})
    assert kept.notes(found) == ()
    (note,) = Removal(frozenset(), "llm.py").notes(found)
    assert KEYFILE in note


def test_the_record_has_what_the_removal_needs() -> None:
    wall = File(WALL, "drop\n", read_by=("wall.service",), guard=("wall.service",))
    plain = File("/etc/motd", "words\n")
    network, sudo = Network("eth0", "[connection]\n"), Access(SUDOERS, "Defaults !lecture\n")
    inputs = fleet(ROOT / "tests/data/fleet.yaml").role_input("orin")
    found = record.desired(replace(inputs, so_far=(wall, plain, network, sudo)))
    applied = next(one for one in found if isinstance(one, Applied))
    (step,) = applied.steps({}, (), RunOptions(), None)  # type: ignore[arg-type]
    (job,) = jobs(step)
    put = json.loads(job["text"])["put"]
    assert put[wall.key]["guard"] is True
    assert "guard" not in put[plain.key]
    assert put[network.key]["sha256"] == [network.file.sha256]
    assert put[sudo.key]["sha256"] == [sudo.file.sha256]
