"""The lease of a board, by the real shell: who gets it, when it ends, and what cannot break it."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jetfleet.process import Process
from jetfleet.steps import lease
from jetfleet.steps.lease import Holder

ALICE = Holder("alice@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere"))


def run(folder: Path, script: str) -> tuple[int, str]:
    """Run a script on a board whose /run is this folder; return its status and its errors."""
    own = script.replace("/run/jetfleet", str(folder))
    done = subprocess.run(["sh", "-c", own], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def seen(folder: Path) -> lease.Lease | None:
    own = lease.show().replace("/run/jetfleet", str(folder))
    return lease.read(subprocess.run(["sh", "-c", own], capture_output=True, text=True).stdout)  # noqa: PLW1510


def take(folder: Path, own: str, before: str = "", *, over: bool = False) -> int:
    return run(folder, lease.take(own, before, ALICE, over=over))[0]


def test_it_is_given_to_one_run_until_that_ends(tmp_path: Path) -> None:
    assert take(tmp_path, "a") == 0
    found = seen(tmp_path)
    assert found
    assert (found.id, found.left, found.holder) == ("a", lease.SECONDS, ALICE)
    assert found.sentence == "alice@laptop has been applying lab.yaml to this board for 0 s (run 7)"
    assert take(tmp_path, "b", "a") == 76
    assert take(tmp_path, "a") == 0, "its own run renews it"
    assert run(tmp_path, lease.release("a"))[0] == 0
    found = seen(tmp_path)
    assert found
    assert not found.left
    assert not found.note
    assert take(tmp_path, "b", "a") == 0


def test_a_run_that_has_not_seen_the_last_one_is_refused(tmp_path: Path) -> None:
    assert take(tmp_path, "a") == 0
    run(tmp_path, lease.release("a"))
    status, errors = run(tmp_path, lease.take("b", "", ALICE, over=False))
    assert status == 76
    assert lease.refused(errors)
    other = lease.refused_by(errors)
    assert other
    assert other.id == "a"


def test_one_that_is_taken_over_renews_no_more(tmp_path: Path) -> None:
    assert take(tmp_path, "a") == 0
    assert take(tmp_path, "b", "a", over=True) == 0
    assert run(tmp_path, lease.renew("a"))[0] == 76
    assert run(tmp_path, lease.release("a"))[0] == 0
    found = seen(tmp_path)
    assert found
    assert found.id == "b"
    assert found.left


def test_of_many_at_once_one_has_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda own: take(tmp_path, own), "0123456789abcdef"))
    assert sorted(statuses) == [0] + 15 * [76]


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "rubbish", "a 99999999999999999999 0 x", "a -5 0 x", "zz 999999999 0 x",
        "a 999999999", "\x00\x01", "a " * 5000,
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_lease_keeps_nobody_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "lease").write_text(text)
    found = seen(tmp_path)
    assert take(tmp_path, "b", found.id if found else "") == 0
    found = seen(tmp_path)
    assert found
    assert found.id == "b"


def test_folders_in_place_of_its_files_are_replaced(tmp_path: Path) -> None:
    for name in ("lease", "lease.lock"):
        (tmp_path / name / "deep").mkdir(parents=True)
    assert seen(tmp_path) is None
    assert take(tmp_path, "b") == 0


def test_after_a_reboot_there_is_nothing_to_renew(tmp_path: Path) -> None:
    assert run(tmp_path / "gone", lease.renew("a"))[0] == 0
    assert run(tmp_path / "gone", lease.release("a"))[0] == 0


EVIL = "$(touch pwned)`touch pwned`'\"\\\n\x1b]0;x\x07 " + "é" * 5000


def test_names_of_a_workstation_and_of_a_board_are_hostile(tmp_path: Path) -> None:
    holder = Holder(EVIL, EVIL, EVIL, Process(1, "2", "3"))
    assert run(tmp_path, f"cd {tmp_path}\n{lease.take('a', '', holder, over=False)}")[0] == 0
    assert not list(tmp_path.rglob("pwned"))
    assert (tmp_path / "lease").stat().st_size < 4096
    assert (tmp_path / "lease").stat().st_mode & 0o777 == 0o600
    found = seen(tmp_path)
    assert found
    assert found.sentence.isprintable()
    assert len(found.sentence) < 300
