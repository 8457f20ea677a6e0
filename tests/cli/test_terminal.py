"""What a person at a terminal sees of boards that are asked, and what a pipe does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import terminal
from tests.support.pyinfra import ROOT

# Two of three boards have answered when it is called the second time.
ASK = """
import sys, time
from pathlib import Path
from jetfleet.run.answers import counted
from jetfleet.run.folder import About, Folder
folder = Folder(Path(sys.argv[1]), About("plan", "a", "b", "", ("a", "b", "c"), 0.0))
with counted() as tick:
    for names in ("", "ab"):
        for name in names:
            (folder.path / f"{name}.jsonl").write_text("")
        tick(folder)
        time.sleep(0.3)
print("done")
"""


def test_a_terminal_counts_the_boards_that_have_answered(tmp_path: Path) -> None:
    shown = terminal.run([sys.executable, "-c", ASK, str(tmp_path)], ROOT, {})
    assert shown.status == 0, shown.text
    assert "0 of 3 boards have answered" in shown.text
    assert "2 of 3 boards have answered" in shown.text
    # The line is gone in the end: it was erased before the last word came.
    assert shown.raw.rstrip().endswith("\x1b[2Kdone")


def test_a_pipe_has_none_of_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("done\n", "")
