"""The lease of a board, by the real shell: who gets it, when it ends, and what cannot break it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from jetfleet.process import Process
from jetfleet.steps import lease
from jetfleet.steps.lease import SECONDS, Holder
from tests.support.corrupt import KINDS, corrupt
from tests.support.leased_board import ALICE, LeasedBoard


@pytest.fixture
def board(tmp_path: Path) -> LeasedBoard:
    return LeasedBoard(tmp_path)


def test_it_is_given_to_one_run_until_that_ends(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    found = board.seen()
    assert found
    assert (found.token, found.id, found.left, found.holder) == (1, "a", SECONDS, ALICE)
    assert found.sentence == "alice@laptop has been applying lab.yaml to this board for 0 s (run 7)"
    assert board.hold("b", 2) == 76
    assert board.hold("a", 1) == 0, "its own run renews it"
    assert board.sh(lease.release("a")).returncode == 0
    found = board.seen()
    assert found
    assert not found.left
    assert not found.note
    assert board.hold("b", 2) == 0


def test_a_run_that_has_not_seen_the_last_one_is_refused(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    board.sh(lease.release("a"))
    done = board.sh(lease.hold("b", 1, ALICE, over=False))
    assert done.returncode == 76
    assert lease.refused(done.stderr)
    other = lease.refused_by(done.stderr)
    assert other
    assert (other.id, other.token) == ("a", 1)


def test_one_that_is_taken_over_renews_no_more(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    assert board.hold("b", 2, over=True) == 0
    assert board.sh(lease.renew("a")).returncode == 76
    assert board.hold("a", 1) == 76
    assert board.sh(lease.release("a")).returncode == 0
    found = board.seen()
    assert found
    assert found.id == "b"
    assert found.left


def test_of_many_at_once_one_has_it(board: LeasedBoard) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda own: board.hold(own, 1), "0123456789abcdef"))
    assert sorted(statuses) == [0] + 15 * [76]


def test_it_ends_by_the_uptime_of_the_board_alone(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    board.uptime += SECONDS - 1
    assert board.hold("b", 2) == 76
    assert board.sh(lease.renew("a")).returncode == 0
    board.uptime += SECONDS - 1
    assert board.hold("b", 2) == 76
    board.uptime += 1
    assert board.hold("b", 2) == 0


def test_a_run_that_slept_past_the_end_takes_it_as_any_other(board: LeasedBoard) -> None:
    """Another run may have surveyed the board since, and what it saw must stay true."""
    assert board.hold("a", 1) == 0
    board.uptime += SECONDS
    assert board.sh(lease.renew("a")).returncode == 0
    seen = board.seen()
    assert seen
    assert not seen.left, "what only reads does not bring it back"
    assert board.hold("a", 1) == 76
    assert board.hold("a", 2) == 0
    board.sh(lease.release("a"))
    assert board.hold("b", seen.token + 1) == 76, "the board was changed since b saw it"


def test_after_a_reboot_it_holds_once_more_from_the_boot(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    board.reboot()
    seen = board.seen()
    assert seen
    assert (seen.id, seen.left) == ("a", SECONDS)
    board.uptime = SECONDS - 1
    assert board.hold("b", 2) == 76
    assert board.hold("a", 1) == 0, "its own run goes on"
    board.uptime += SECONDS - 1
    assert board.hold("b", 2) == 76
    board.reboot()
    board.uptime = SECONDS
    assert board.hold("b", 2) == 0, "a dead one ends"


def test_one_that_was_ended_does_not_hold_after_a_reboot(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    board.sh(lease.release("a"))
    board.reboot()
    assert board.hold("b", 2) == 0


def test_the_token_survives_a_reboot_and_the_loss_of_run(board: LeasedBoard) -> None:
    for number in range(1, 6):
        assert board.hold("a", number) == 0
        board.sh(lease.release("a"))
        if number % 2:
            board.reboot()
    assert board.hold("b", 5) == 76
    assert board.hold("b", 6) == 0


def test_without_its_file_in_run_it_holds_from_the_take(board: LeasedBoard) -> None:
    assert board.hold("a", 1) == 0
    (board.run / "lease").unlink()
    board.uptime += SECONDS - 1
    assert board.hold("b", 2) == 76
    board.uptime += 1
    assert board.hold("b", 2) == 0


@pytest.mark.parametrize("text", ["", "1", "1 x 99999", "1 boot 999999999", "\0\0", "2 boot 50"])
def test_a_file_in_run_that_is_not_its_own_keeps_nobody_out(board: LeasedBoard, text: str) -> None:
    assert board.hold("a", 1) == 0
    (board.run / "lease").write_text(text.replace("boot", board.boot))
    board.uptime += SECONDS
    assert board.hold("b", 2) == 0


@dataclass(frozen=True)
class Cut:
    """A power cut after some of the commands that write a lease: what was before, or what is new.

    Parameters
    ----------
    command:
        How often which command runs, until the board loses its power in place of it.

    """

    command: str
    number: int


CUTS = [Cut(command, number) for command in ("sync", "ln", "mv") for number in (1, 2)]


def contents(board: LeasedBoard) -> dict[int, bytes]:
    """What each file of its lease holds, by inode."""
    return {path.stat().st_ino: path.read_bytes() for path in board.state.iterdir()}


def tear(board: LeasedBoard, before: dict[int, bytes]) -> None:
    """Leave half of what was written since and not synced."""
    file = board.folder / "synced"
    synced = file.read_text().split() if file.exists() else []
    for path in board.state.iterdir():
        number, text = path.stat().st_ino, path.read_bytes()
        if before.get(number) != text and str(number) not in synced:
            path.write_bytes(text[:8] + b"\0" * 100)


@pytest.mark.parametrize("rest", ["whole", "torn"])
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_power_cut_at_any_write_leaves_it_readable(
    board: LeasedBoard, cut: Cut, rest: str
) -> None:
    for number in (1, 2):
        assert board.hold("a", number) == 0
        board.sh(lease.release("a"))
    before = contents(board)
    count = f"n_{cut.command}=$((${{n_{cut.command}:-0}} + 1))"
    stop = f"[ $n_{cut.command} -lt {cut.number} ] || kill -9 0"
    noted = f"stat -c %i $1 >> {board.folder}/synced" if cut.command == "sync" else ":"
    sync = f"sync() {{ command sync $1; stat -c %i $1 >> {board.folder}/synced; }}\n"
    program = f'{cut.command}() {{ {count}; {stop}; command {cut.command} "$@"; {noted}; }}\n'
    done = board.sh(f"{sync}{program}{lease.hold('b', 3, ALICE, over=False)}")
    assert done.returncode == -9 or (cut.command, cut.number) == ("ln", 2)
    if rest == "torn":
        tear(board, before)
    board.reboot()
    seen = board.seen()
    assert seen
    assert (seen.token, seen.id) in {(2, "a"), (3, "b")}
    board.uptime = SECONDS
    for _ in range(3):
        seen = board.seen()
        assert seen
        assert board.hold("c", seen.token + 1) == 0
        board.sh(lease.release("c"))
    assert {path.name for path in board.state.iterdir()} == {"lease", "lease.spare"}
    assert len({path.stat().st_ino for path in board.state.iterdir()}) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["lease", "lease.spare", "lease.old"])
def test_a_damaged_file_keeps_nobody_out_and_resets_no_token(
    board: LeasedBoard, name: str, kind: str
) -> None:
    for number in (1, 2, 3):
        assert board.hold("a", number) == 0
        board.sh(lease.release("a"))
    path = board.state / name
    path.unlink(missing_ok=True)
    corrupt(path, kind)
    seen = board.seen()
    assert seen
    assert seen.token >= 3
    assert not seen.left
    assert board.hold("b", seen.token + 1) == 0
    seen = board.seen()
    assert seen
    assert seen.id == "b"


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "rubbish", "1", "1 a 120 boot 0 x", "1 a 120 boot 999999999 x .",
        "1 a 99999 boot 0 x .", "1 a -5 boot 0 x .", "-1 a 120 boot 0 x .", "1 zz 120 boot 0 x .",
        "99999999999999999999 a 120 boot 0 x .", "08 a 120 boot 0 x .", "1 a 120 boot 0 $(x) .",
        "1 * 120 boot 0 x .", "\x00\x01", "a " * 5000, "1 a 0 boot 0 x .",
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_lease_keeps_nobody_out(board: LeasedBoard, text: str) -> None:
    board.state.mkdir()
    (board.state / "lease").write_text(text.replace("boot", board.boot))
    found = board.seen()
    assert board.hold("b", 1 + (found.token if found else 0)) == 0
    found = board.seen()
    assert found
    assert found.id == "b"


def test_folders_in_place_of_its_files_are_replaced(board: LeasedBoard) -> None:
    for path in (board.run / "lease", board.run / "lease.lock", board.state / "lease"):
        (path / "deep").mkdir(parents=True)
    assert board.seen() is None
    assert board.hold("b", 1) == 0


def test_after_a_reboot_there_is_nothing_to_renew(board: LeasedBoard) -> None:
    board.run.rmdir()
    assert board.sh(lease.renew("a")).returncode == 0
    assert board.sh(lease.release("a")).returncode == 0


EVIL = "$(touch pwned)`touch pwned`'\"\\\n\x1b]0;x\x07 " + "é" * 5000


def test_names_of_a_workstation_and_of_a_board_are_hostile(board: LeasedBoard) -> None:
    holder = Holder(EVIL, EVIL, EVIL, Process(1, "2", "3"))
    taken = lease.hold("a", 1, holder, over=False)
    assert board.sh(f"cd {board.folder}\n{taken}").returncode == 0
    assert not list(board.folder.rglob("pwned"))
    assert (board.state / "lease").stat().st_size == 2048
    assert (board.state / "lease").stat().st_mode & 0o777 == 0o600
    found = board.seen()
    assert found
    assert found.holder.who.startswith("$(touch pwned)")
    assert found.sentence.isprintable()
    assert len(found.sentence) < 300


def test_its_line_always_fits() -> None:
    """The file has a fixed length, so that it is written over in place."""
    longest = Holder("\U0010ffff" * 100, "é" * 100, '"' * 100, Process(2**62, "9" * 40, "x" * 60))
    assert len(longest.encoded) + 80 < 2048
