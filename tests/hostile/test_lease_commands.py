"""`jetfleet lease` and `jetfleet log`, by the real commands, on a board that is damaged by hand."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.audit.read import log_of
from jetfleet.process import Process
from jetfleet.steps import Refused
from jetfleet.steps.lease import Holder
from tests.support.lab import until
from tests.support.loopback import Board, LoopbackFleet, loopback

LAB = "inventory/lab.yaml"
APPLY = ("apply", "-y", LAB)
ANN = Holder("ann@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere"))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    with loopback(tmp_path, "one") as fleet:
        fleet.want(a="first\n", other="first\n")
        yield fleet
        fleet.boards["one"].goes_on.set()


@pytest.fixture
def board(fleet: LoopbackFleet) -> Board:
    return fleet.boards["one"]


def shown(fleet: LoopbackFleet) -> dict[str, Any]:
    done = fleet.call("lease", "show", LAB, "--json")
    assert done.status == 0, done.err
    (row,) = json.loads(done.out)["hosts"]
    found: dict[str, Any] = row
    return found


def steal(token: int, reason: str = "her laptop is lost") -> tuple[str, ...]:
    return ("lease", "steal", LAB, "one", "--token", str(token), "--reason", reason)


def test_a_lease_is_shown(fleet: LoopbackFleet, board: Board) -> None:
    assert shown(fleet)["state"] == "free"
    board.lease_to(ANN, 600)
    row = shown(fleet)
    assert {name: row[name] for name in ("host", "state", "token", "who", "spec", "run")} == {
        "host": "one", "state": "held", "token": 1, "who": "ann@laptop", "spec": "lab.yaml",
        "run": "7",
    }  # fmt: skip
    assert 590 < row["left"] <= 600
    table = fleet.call("lease", "show", LAB, "one").out
    assert "held" in table
    assert "ann@laptop" in table


def test_a_lease_is_stolen_by_the_token_that_was_seen(fleet: LoopbackFleet, board: Board) -> None:
    board.lease_to(ANN, 600)
    before = board.lease.read_bytes()
    refused = fleet.call(*steal(2))
    assert refused.status == 8
    assert "not stolen: ann@laptop has been applying lab.yaml for" in refused.err
    assert "its token is 1" in refused.err
    assert board.lease.read_bytes() == before
    assert fleet.call(*APPLY).status == 3
    done = fleet.call(*steal(1))
    assert (done.status, done.err) == (0, "")
    assert "one: stolen: ann@laptop has been applying lab.yaml for" in done.out
    (line,) = board.audit
    assert {name: line[name] for name in ("did", "token", "over", "reason", "outcome")} == {
        "did": "Steal the lease", "token": 2, "over": "lease 1 of ann@laptop",
        "reason": "her laptop is lost", "outcome": "done",
    }  # fmt: skip
    assert fleet.call(*APPLY).status == 0
    assert "no run has its lease" in fleet.call(*steal(3)).out


def test_a_run_that_was_stolen_from_changes_nothing_more(
    fleet: LoopbackFleet, board: Board
) -> None:
    board.hangs = lambda title: "/other" in title
    first = fleet.start(*APPLY, run="it")
    until(lambda: any("/other" in title for title in board.titles), "the second change", 30)
    board.hangs = lambda _: False
    row = shown(fleet)
    assert row["state"] == "held"
    assert fleet.call(*steal(row["token"])).status == 0
    board.goes_on.set()
    first.communicate(timeout=60)
    assert first.returncode in {3, 4}
    assert board.text("other") == ""


def test_a_reason_is_hostile_and_must_be_there(fleet: LoopbackFleet, board: Board) -> None:
    board.lease_to(ANN, 600)
    for reason in ("", "  ", "x" * 121):
        assert fleet.call(*steal(1, reason)).status == 1
    assert fleet.call(*steal(1, "$(touch pwned)`touch pwned`'\"\\\n\x1b[31m=é")).status == 0
    assert board.audit[0]["reason"].isprintable()
    assert board.audit[0]["reason"].startswith("$(touch pwned)")
    assert not list(fleet.scratch.rglob("pwned"))


def test_a_board_that_is_off(fleet: LoopbackFleet, board: Board) -> None:
    board.listener.shutdown(socket.SHUT_RDWR)
    board.listener.close()
    for words in (("lease", "show", LAB), steal(1), ("log", LAB, "one", "--verify")):
        done = fleet.call(*words)
        assert done.status == 3, done
        assert "one: " in done.err


def log(fleet: LoopbackFleet) -> tuple[int, list[tuple[str, int]], str]:
    """What --verify says: exit code, kinds and lines of the findings, and the text for people."""
    found = json.loads(fleet.call("log", LAB, "one", "--json").out)
    text = fleet.call("log", LAB, "one", "--verify")
    return text.status, [(one["kind"], one["line"]) for one in found["findings"]], text.out


def test_what_has_changed_a_board_and_whether_its_log_is_whole(
    fleet: LoopbackFleet, board: Board
) -> None:
    for text in ("first\n", "second\n", "third\n"):
        fleet.want(a=text, other=text)
        assert fleet.call(*APPLY).status == 0
    path = board.lease.with_name("audit.jsonl")
    good = path.read_bytes()
    count = len(board.audit)
    assert count >= 3
    status, findings, text = log(fleet)
    assert (status, findings) == (0, [])
    assert f"one: {count} lines follow each other, and agree with what was seen at" in text
    assert "done" in text

    path.write_bytes(good.replace(b'"outcome":"done"', b'"outcome":"dome"', 1))
    status, findings, text = log(fleet)
    assert (status, findings) == (2, [("changed", 1)])
    assert "one: line 1 was changed" in text

    path.write_bytes(b"".join(good.splitlines(keepends=True)[:-1]))
    status, findings, text = log(fleet)
    assert (status, findings) == (2, [("cut", count)])
    assert "its end was cut off" in text

    path.write_bytes(good + b'{"seq":99,"prev":"')
    status, findings, text = log(fleet)
    assert (status, findings) == (0, [("half", count + 1)])
    assert "a power cut left it half" in text

    path.write_bytes(good.splitlines(keepends=True)[0])
    fleet.want(a="fourth\n")
    cut = fleet.call("-y", "inventory/lab.py", "deploys/llm.py", program="pyinfra")
    assert "its end was cut off" in cut.err, "an apply says it too"
    path.unlink()
    assert log(fleet)[0] == 2


def test_a_board_answers_anything(fleet: LoopbackFleet, board: Board) -> None:
    path = board.folder / "state/audit.jsonl"
    path.parent.mkdir()
    path.write_bytes(b'{"seq":1,"prev":"' + b"0" * 64 + b'","who":"\\u001b[31m[bold]x"}\n\0\xff\n')
    done = fleet.call("log", LAB, "one")
    assert done.status == 0
    assert "\x1b[31m" not in done.out
    assert "[bold]x" in done.out


@pytest.mark.parametrize(
    "answer",
    [
        "", "whole", "whole\n!!", f"whole\n{base64.b64encode(b'x').decode()}",
        f"whole\n{base64.b64encode(gzip.compress(bytes(5 << 20))).decode()}",
        f"whole\n{base64.b64encode(gzip.compress(b'x' * 100)[:-9]).decode()}",
    ],
    ids=range(6),
)  # fmt: skip
def test_a_log_that_does_not_arrive_whole_is_refused(answer: str) -> None:
    with pytest.raises(Refused, match="did not arrive whole"):
        log_of(answer)
