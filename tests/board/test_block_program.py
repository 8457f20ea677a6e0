"""The program that keeps our lines in a file of the system, and leaves all others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jetfleet.board import block

BEGIN, END = "# Begin of jetfleet's names, from the spec", "# End of jetfleet's names"
FOREIGN = "127.0.0.1 localhost\n\n# mine\n192.0.2.7\tprinter"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")


def lay(path: Path, *lines: str, keep: str = "") -> str:
    job = {"path": str(path), "begin": BEGIN, "end": END, "lines": list(lines), "keep": keep}
    block.main(job)
    return path.read_text()


def test_lines_of_others_stay_and_ours_are_replaced(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(FOREIGN)
    hosts.chmod(0o640)
    assert lay(hosts, "192.0.2.9 a") == f"{FOREIGN}\n{BEGIN}\n192.0.2.9 a\n{END}\n"
    assert lay(hosts, "192.0.2.8 b") == f"{FOREIGN}\n{BEGIN}\n192.0.2.8 b\n{END}\n"
    assert hosts.stat().st_mode & 0o777 == 0o640
    assert lay(hosts) == f"{FOREIGN}\n"


def test_the_own_name_of_a_board_can_stay(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(FOREIGN)
    lay(hosts, "127.0.1.1 desk", "192.0.2.9 a")
    assert lay(hosts, keep="127.0.1.1") == f"{FOREIGN}\n{BEGIN}\n127.0.1.1 desk\n{END}\n"
    assert lay(hosts) == f"{FOREIGN}\n"


def test_a_block_that_lost_its_end_takes_nothing_with_it(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(f"{BEGIN}\n192.0.2.9 a\n127.0.0.1 localhost\n")
    assert lay(hosts, "192.0.2.9 a") == (
        f"192.0.2.9 a\n127.0.0.1 localhost\n{BEGIN}\n192.0.2.9 a\n{END}\n"
    )


def test_a_file_in_another_encoding_keeps_its_bytes(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_bytes(b"# M\xfcller\n")
    block.main({"path": str(hosts), "begin": BEGIN, "end": END, "lines": ["192.0.2.9 a"]})
    assert hosts.read_bytes().startswith(b"# M\xfcller\n")


def test_a_file_that_is_absent_is_written(tmp_path: Path) -> None:
    assert lay(tmp_path / "hosts", "192.0.2.9 a") == f"{BEGIN}\n192.0.2.9 a\n{END}\n"


def test_a_huge_file_is_left(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("# x\n" * block.LARGEST)
    with pytest.raises(SystemExit, match="larger than"):
        lay(hosts, "192.0.2.9 a")
    assert hosts.stat().st_size == 4 * block.LARGEST
