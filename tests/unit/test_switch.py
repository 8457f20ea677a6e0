"""A change under the dead man's switch: what the run does, and what it says of the outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from jetfleet.resources import File, RunOptions
from jetfleet.steps import Confirm, LinkResolver, Result, Run, StepFailed, unconfirmed
from jetfleet.steps.switch import Switch, guarded
from tests.support.cases import links

SWITCH = Switch("the network of eth0", ("/etc/x",), "true\n", addresses=("192.0.2.14",))
CHANGE = Run("echo change\n", "Connect eth0")
BACK = "the old state of the network of eth0 was put back"
UNKNOWN = (
    "whether the old state of the network of eth0 is back is not known: log in to the board, and "
    "look at `journalctl -u jetfleet-switch`"
)
NOON = 1795867200.0  # 2026-11-28 12:00:00 UTC


def answer(state: str, *silent: str, **more: object) -> Result:
    return Result(ok=True, out=json.dumps({"state": state, **more}), at=NOON, silent=silent)


def made(answers: Sequence[Result | StepFailed], *, detached: bool) -> list[object]:
    """Return the steps of a change that is answered so."""
    steps = guarded(SWITCH, CHANGE, detached=detached)
    done: list[object] = [next(steps)]
    given = iter(answers)
    while True:
        one = next(given)
        try:
            done.append(steps.throw(one) if isinstance(one, StepFailed) else steps.send(one))
        except StopIteration:
            return done


def test_a_change_is_confirmed_over_a_new_connection() -> None:
    steps = made([answer("armed", id="a1"), Result(ok=True), answer("confirmed")], detached=False)
    arm, change, confirm = steps
    assert isinstance(arm, Run)
    assert isinstance(change, Run)
    assert change.script.endswith(CHANGE.script)
    assert isinstance(confirm, Confirm)
    assert '"id": "a1"' in confirm.script
    assert confirm.addresses == ("192.0.2.14",)
    assert confirm.pending('{"state": "pending"}')
    assert not confirm.pending('{"state": "confirmed"}')


def test_a_change_that_cuts_its_connection_is_made_by_the_board() -> None:
    arm, confirm = made([answer("armed", id="a1"), answer("confirmed")], detached=True)
    assert isinstance(arm, Run)
    assert '"change": "echo change\\n"' in arm.script
    assert isinstance(confirm, Confirm)


@pytest.mark.parametrize(
    ("back", "sentence"),
    [
        (
            answer("back", "192.0.2.13", "192.0.2.14", why="timer", ago=12.4),
            f"the board did not answer at 192.0.2.13 or 192.0.2.14; {BACK} at 11:59:47 UTC",
        ),
        (
            answer("back", why="change", ago=3.0, failed="no carrier"),
            f"no carrier; {BACK} at 11:59:57 UTC",
        ),
        (
            answer("back", "192.0.2.13", why="boot", ago=None),
            f"the board did not answer at 192.0.2.13; {BACK} at its boot",
        ),
        (
            answer("back", why="timer", ago=1.0, undo="no NetworkManager"),
            f"{BACK} at 11:59:59 UTC, but no NetworkManager",
        ),
        (
            answer("unknown"),
            UNKNOWN,
        ),
    ],
)
def test_a_run_says_that_the_old_state_is_back(back: Result, sentence: str) -> None:
    with pytest.raises(StepFailed) as failed:
        made([answer("armed", id="a1"), back], detached=True)
    assert str(failed.value) == f"Connect eth0: {sentence}"


def test_a_change_that_fails_is_undone_at_once() -> None:
    answers = [answer("armed", id="a1"), StepFailed("sshd refuses it"), answer("back", ago=0.5)]
    with pytest.raises(StepFailed, match=r"^sshd refuses it; the old state .* at 11:59:59 UTC$"):
        made(answers, detached=False)


def test_a_change_that_has_undone_itself_says_so_alone() -> None:
    undone = answer("back", same=True)
    answers = [answer("armed", id="a1"), StepFailed("the old file is back"), undone]
    with pytest.raises(StepFailed, match=r"^the old file is back$"):
        made(answers, detached=False)


def test_hostile_answers_are_text() -> None:
    back = answer("back", why="change", failed="\x1b[2Jgone\n", ago="soon", undo={"a": 1})
    with pytest.raises(StepFailed) as failed:
        made([answer("armed", id="a1"), back], detached=True)
    assert "\x1b" not in str(failed.value)
    for out in ("", "not JSON", "[1]", '{"state": 5}', "\x00"):
        with pytest.raises(StepFailed, match="is not known"):
            made([Result(ok=True, out=out), Result(ok=True, out=out)], detached=True)


def shown(kind: str, now: str = "100.5", **about: object) -> str:
    return f"lease\nunconfirmed {now} {kind} {json.dumps(about)}\n"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("", ""),
        (
            shown("armed", name="Docker's settings", until=160.5),
            "a change of Docker's settings is not confirmed: the board undoes it in 1 min 0 s",
        ),
        (
            shown("armed", name="Docker's settings", until=50),
            "a change of Docker's settings is not confirmed: the board undoes it now",
        ),
        (
            shown("back", name="sshd", why="timer", uptime=40.5),
            "a change of sshd was not confirmed: the board has undone it 1 min 0 s ago",
        ),
        (
            shown("back", name="sshd", why="boot", uptime=40.5),
            "a change of sshd was not confirmed: the board has undone it at its boot",
        ),
        (shown("back", name="sshd", why="change", uptime=40.5), ""),
        (shown("back", "90000", name="sshd", why="timer", uptime=40.5), ""),
        ("unconfirmed x armed {}\n", ""),
        ("unconfirmed 5 armed [\n", ""),
    ],
)
def test_a_survey_notes_a_change_that_is_not_confirmed(text: str, note: str) -> None:
    found = unconfirmed.read(text)
    assert found.note == note
    assert found.waits == bool(re.search("armed .*name", text))


def test_a_guarded_file_and_its_services_change_and_return_together() -> None:
    file = File("/etc/nftables.conf", "flush ruleset\n", guard=("nftables.service",))
    steps = file.steps(None, (), RunOptions(), LinkResolver(links))
    arm = next(steps)
    assert isinstance(arm, Run)
    job = json.loads(arm.script.splitlines()[-2])["job"]
    assert job["name"] == "/etc/nftables.conf"
    assert job["files"] == ["/etc/nftables.conf"]
    assert "flush ruleset" in job["change"]
    assert job["change"].endswith("systemctl restart nftables.service\n")
    assert 'systemctl "$verb" "$unit"' in job["undo"]
    assert isinstance(steps.send(answer("armed", id="a1")), Confirm)
