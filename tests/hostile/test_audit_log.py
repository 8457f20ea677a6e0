"""The audit log of a board, by the real shell, and what is found when it is damaged."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.audit.chain import findings, read_lines
from jetfleet.audit.heads import Head, file_of, note_head, read_heads
from jetfleet.steps import NoAnswer, lease
from tests.support.corrupt import KINDS, corrupt
from tests.support.leased_board import ENTRY, LeasedBoard


@pytest.fixture
def board(tmp_path: Path) -> LeasedBoard:
    return LeasedBoard(tmp_path)


def log(board: LeasedBoard) -> Path:
    return board.state / "audit.jsonl"


def found(board: LeasedBoard, *heads: Head) -> list[tuple[str, int]]:
    """What is wrong with the log: kinds and numbers of lines."""
    listed = findings(read_lines(log(board).read_bytes()), heads)
    return [(one.kind, one.line) for one in listed]


def five(board: LeasedBoard) -> Head:
    """Five changes; return the head after them."""
    for number in range(1, 6):
        result = board.change("a", 1, "true", f"change {number}")
    head = Head.said(result.audit)
    assert head
    return head


def test_each_change_is_a_line_with_its_outcome(board: LeasedBoard) -> None:
    assert board.change("a", 1, "true").ok
    assert board.change("a", 1, "exit 3").status == 3
    board.sh(lease.release("a"))
    assert board.change("b", 2, "true", "another").audit.split()[0] == "3"
    lines = [json.loads(line) for line in log(board).read_text().splitlines()]
    assert [(one["seq"], one["token"], one["did"], one["outcome"]) for one in lines] == [
        (1, 1, "a change", "done"), (2, 1, "a change", "failed 3"), (3, 2, "another", "done"),
    ]  # fmt: skip
    assert {name: lines[0][name] for name in ("who", "run", "rollout", "attempt", "commit")} == {
        "who": "alice@laptop", "run": "7", "rollout": "r-1", "attempt": 2, "commit": "c0ffee+",
    }  # fmt: skip
    assert (lines[0]["boot"], lines[0]["up"], lines[0]["at"]) == (board.boot, 500, ENTRY.at)
    assert log(board).stat().st_mode & 0o777 == 0o600
    assert found(board) == []


def test_a_refused_script_is_no_line(board: LeasedBoard) -> None:
    assert board.change("a", 1, "true").ok
    assert board.change("b", 2, f"touch {board.folder}/stale").status == 76
    assert not (board.folder / "stale").exists()
    assert len(log(board).read_text().splitlines()) == 1


def test_a_script_that_reached_its_limit_is_a_line(board: LeasedBoard) -> None:
    with pytest.raises(NoAnswer):
        board.change("a", 1, "sleep 60", limit=1)
    assert json.loads(log(board).read_text())["outcome"] == "limit"


def test_a_script_whose_run_was_killed_is_a_line(board: LeasedBoard) -> None:
    """Its connection is gone: nobody reads what its shell says of its end."""
    assert board.change("a", 1, "true").ok
    board.cut("a", 1, "echo @said; sleep 60; touch never")
    lines = [json.loads(line) for line in log(board).read_text().splitlines()]
    assert [one["outcome"] for one in lines] == ["done", "cut"]
    assert found(board) == []


def test_a_change_that_is_longer_than_the_lease_keeps_it(board: LeasedBoard) -> None:
    """Nothing could change the board meanwhile, and no other run may step in after it."""
    later = f"echo '{board.uptime + 600}.0 1' > {board.folder}/uptime"
    assert board.change("a", 1, later).ok
    board.uptime += 600
    seen = board.seen()
    assert seen
    assert (seen.id, seen.left) == ("a", lease.SECONDS)
    assert board.change("a", 1, "true").ok


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("what", ["did", "prev", "seq", "brace"])
def test_a_changed_byte_is_named_with_its_line(board: LeasedBoard, number: int, what: str) -> None:
    head = five(board)
    lines = log(board).read_text().splitlines()
    line = lines[number - 1]
    changed = {
        "did": line.replace(f"change {number}", "change X"),
        "prev": re.sub('"prev":"(.)', lambda one: f'"prev":"{int(one[1], 16) ^ 1:x}', line),
        "seq": line.replace(f'"seq":{number}', '"seq":9'),
        "brace": line.replace("{", "(", 1),
    }[what]
    assert changed != line
    lines[number - 1] = changed
    log(board).write_text("\n".join(lines) + "\n")
    assert found(board, head) == [("changed", number)]
    assert board.change("a", 1, "true").ok
    assert ("changed", number) in found(board, head), "the chain that goes on does not hide it"


def test_a_cut_end_is_named_by_what_was_seen_before(board: LeasedBoard) -> None:
    head = five(board)
    lines = log(board).read_text().splitlines(keepends=True)
    log(board).write_text("".join(lines[:3]))
    assert found(board) == [], "the chain alone does not show it"
    assert found(board, head) == [("cut", 5)]
    for _ in range(3):
        assert board.change("a", 1, "true").ok
    assert found(board, head) == [("changed", 5)], "other lines in their place do not hide it"
    log(board).write_text("")
    assert found(board, head) == [("cut", 5)]


def test_missing_and_moved_lines_are_named(board: LeasedBoard) -> None:
    five(board)
    lines = log(board).read_text().splitlines(keepends=True)
    log(board).write_text("".join(lines[:1] + lines[3:]))
    assert found(board) == [("changed", 2)]
    log(board).write_text("".join(lines[2:]))
    assert found(board) == [("changed", 1)]
    log(board).write_text("".join([*lines[:2], lines[3], lines[2], lines[4]]))
    assert found(board)


@pytest.mark.parametrize("rest", [b"", b"{", b'{"seq":6,"prev":"ab', b"\0" * 40, b'{"seq":6\0\0'])
def test_a_line_that_a_power_cut_left_half_is_named_and_the_chain_goes_on(
    board: LeasedBoard, rest: bytes
) -> None:
    head = five(board)
    with log(board).open("ab") as file:
        file.write(rest)
    half = [("half", 6)] if rest else []
    assert found(board, head) == half
    for _ in range(2):
        result = board.change("a", 1, "true")
    last = Head.said(result.audit)
    assert last
    assert found(board, head, last) == half


def test_it_is_bounded_and_the_chain_goes_on_in_the_next_file(board: LeasedBoard) -> None:
    head = five(board)
    text = log(board).read_bytes()
    program = {"audit_most=524288": f"audit_most={len(text)}"}
    for _ in range(6):
        last = Head.said(board.change("a", 1, "true", edits=program).audit)
    assert last
    before = log(board).with_name("audit.jsonl.1").read_bytes()
    lines = read_lines(before + log(board).read_bytes())
    assert [one.seq for one in lines] == list(range(1, 12))
    assert findings(lines, [head, last]) == ()
    assert log(board).stat().st_size < len(text) * 1.3
    for _ in range(12):
        last = Head.said(board.change("a", 1, "true", edits=program).audit)
    before = log(board).with_name("audit.jsonl.1").read_bytes()
    assert last
    lines = read_lines(before + log(board).read_bytes())
    assert findings(lines, [head, last], whole=False) == (), "what is too old is not missing"


EVIL = "$(touch pwned)`touch pwned`'\"\\\n\x1b]0;x\x07\u202e" + "é" * 5000


def test_text_of_people_is_bounded_and_cleaned(board: LeasedBoard) -> None:
    entry = replace(ENTRY, who=EVIL, run=EVIL, commit=EVIL, rollout=EVIL, over=EVIL, reason=EVIL)
    assert board.change("a", 1, f"cd {board.folder}", EVIL, entry=entry).ok
    assert not list(board.folder.rglob("pwned"))
    text = log(board).read_text()
    assert text.isascii()
    assert len(text) < 8000
    assert all(value.isprintable() for value in json.loads(text).values() if isinstance(value, str))
    assert found(board) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["audit.jsonl", "audit.jsonl.1"])
def test_what_is_no_log_in_its_place_stops_no_change(
    board: LeasedBoard, name: str, kind: str
) -> None:
    five(board)
    path = board.state / name
    path.unlink(missing_ok=True)
    corrupt(path, kind)
    result = board.change("a", 1, "true")
    assert result.ok
    assert Head.said(result.audit)


def test_a_full_disk_stops_no_change_and_the_next_line_says_so(board: LeasedBoard) -> None:
    five(board)
    text = log(board).read_bytes()
    half = "printf '%.50s' \"$audit_line\" >> $audit_file; false"
    full = {"printf '%s\\n' \"$audit_line\" >>": f"{half} >>"}
    result = board.change("a", 1, "true", edits=full)
    assert (result.ok, result.audit) == (True, "lost")
    assert log(board).read_bytes() == text, "no half line is left"
    assert board.change("a", 1, "true", edits=full).audit == "lost"
    assert board.change("a", 1, "true").audit.startswith("6 ")
    last = json.loads(log(board).read_text().splitlines()[-1])
    assert last["lost"] == 2
    assert board.change("a", 1, "true").audit.startswith("7 ")
    assert "lost" not in json.loads(log(board).read_text().splitlines()[-1])
    assert found(board) == []


def test_a_head_is_kept_for_each_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = file_of("orin", "ssh-ed25519 AAAA")
    assert path != file_of("orin", "ssh-ed25519 BBBB"), "a board that was flashed again is another"
    five, three = (Head(seq, "ab" * 32, "2026-11-29T01:00:00Z") for seq in (5, 3))
    assert note_head(path, "orin", five) == ""
    assert read_heads(path).all == (five,)
    wrong = note_head(path, "orin", three)
    assert wrong.startswith("the audit log of orin ends with line 3, and this workstation has seen")
    assert read_heads(path).all == (five, three), "the one that is gone is not forgotten"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"last": {"seq": "x"}, "gone": []}', "\0"])
def test_a_file_of_heads_that_cannot_be_read_is_begun_again(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    assert read_heads(path).all == ()
    head = Head(5, "ab" * 32, "2026-11-29T01:00:00Z")
    assert note_head(path, "orin", head) == ""
    assert read_heads(path).all == (head,)
