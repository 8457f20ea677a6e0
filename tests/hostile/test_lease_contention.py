"""Eight owners want one board; they die, sleep past their lease, and the board reboots.

An observer on the board, which knows nothing of leases, sees that no two changes overlap, and that
no change comes with an older token after a newer one.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.lab import CAMPAIGN, until
from tests.support.lease_owner import MARK
from tests.support.rendered import ROOT

OWNERS = 8
TTL = 2
EVENTS = ("sleep", "death", "sleep", "reboot", "sleep", "death", "sleep")
SECONDS = 60 if CAMPAIGN else 8


class Board:
    """A board that is a folder, with a clock of its own that ticks, and that can reboot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.booted = time.monotonic() - 500
        self._ends = threading.Event()
        (folder / "run").mkdir()
        for name, text in {"count": "0\n", "log": "", "owners": "", "boot": self._id()}.items():
            (folder / name).write_text(text)
        self._tick()
        threading.Thread(target=self._ticks, daemon=True).start()

    @staticmethod
    def _id() -> str:
        return f"{uuid.uuid4()}\n"

    def _tick(self) -> None:
        new = self.folder / "uptime.new"
        new.write_text(f"{time.monotonic() - self.booted:.2f} 1.00\n")
        new.rename(self.folder / "uptime")

    def _ticks(self) -> None:
        while not self._ends.wait(0.05):
            self._tick()

    def end(self) -> None:
        """Stop its clock, and all that runs on it."""
        self._ends.set()
        self._kill_all()

    def reboot(self) -> None:
        """End all that runs on it; its next boot has another id, and an empty /run."""
        down = self.folder / "down"
        down.touch()
        while self._kill_all():
            time.sleep(0.01)
        for path in (self.folder / "run").iterdir():
            path.unlink()
        self.booted = time.monotonic()
        (self.folder / "boot").write_text(self._id())
        time.sleep(0.1)
        down.unlink()

    def _kill_all(self) -> int:
        mark, count = f"{MARK}={self.folder}".encode(), 0
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (path / "environ").read_bytes().split(b"\0"):
                    os.kill(int(path.name), signal.SIGKILL)
                    count += 1
        return count


class Owners:
    """The processes of the owners."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all = [self._started(number) for number in range(OWNERS)]

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        module = "tests.support.lease_owner"
        words = [sys.executable, "-m", module, str(self._folder), str(number), str(TTL)]
        return subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill(self, number: int) -> None:
        """Let one die in whatever it does, and another begin."""
        self._all[number].kill()
        self._all[number].wait()
        self._all[number] = self._started(number)

    @contextmanager
    def stopped(self, number: int) -> Iterator[None]:
        """Let one sleep, in whatever it does."""
        self._all[number].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._all[number].send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End all."""
        for one in self._all:
            one.kill()
            one.wait()


def is_enough(folder: Path, events: Counter[str]) -> bool:
    """Tell whether enough has happened for the test to mean something."""
    changes = len(lines(folder, "log"))
    refused = ["refused"] in lines(folder, "owners")
    return refused and changes >= 2 * SECONDS and min(map(events.__getitem__, EVENTS)) > 0


def lines(folder: Path, name: str) -> list[list[str]]:
    return [line.split() for line in (folder / name).read_text().splitlines()]


@pytest.mark.timeout(SECONDS + 240)
def test_no_two_changes_overlap_and_none_is_stale(tmp_path: Path) -> None:
    board = Board(tmp_path)
    owners = Owners(tmp_path)
    chance = random.Random(20261128)  # noqa: S311 - no secret, the same each time
    events: Counter[str] = Counter()
    try:
        until(lambda: len(lines(tmp_path, "log")) > 2, "the first change", 60)
        begun_at, slept = time.monotonic(), []
        while time.monotonic() - begun_at < (SECONDS if is_enough(tmp_path, events) else 120):
            event = EVENTS[sum(events.values()) % len(EVENTS)]
            events[event] += 1
            if event == "sleep":
                sleep = owners.stopped(chance.randrange(OWNERS))
                sleep.__enter__()
                slept.append((time.monotonic() + TTL + 1, sleep))
            elif event == "death":
                owners.kill(chance.randrange(OWNERS))
            else:
                board.reboot()
            while slept and slept[0][0] < time.monotonic():
                slept.pop(0)[1].__exit__(None, None, None)
            time.sleep(chance.uniform(0.1, 0.6))
        for _, sleep in slept:
            sleep.__exit__(None, None, None)
    finally:
        owners.end()
        board.end()
    log = lines(tmp_path, "log")
    begun = [int(words[1]) for words in log if words[0] == "begin"]
    ended = [int(words[2]) for words in log if words[0] == "end"]
    notes = Counter(" ".join(words) for words in lines(tmp_path, "owners"))
    print(dict(events), dict(notes), f"{len(begun)} begun, {len(ended)} ended, token {max(begun)}")
    assert not [words for words in log if words[0] == "overlap"]
    assert begun == sorted(begun), "a change came with an older token after a newer one"
    assert len(set(ended)) == len(ended), "a change was lost, as two were made at once"
    owner_of = {(words[1], words[2]) for words in log if words[0] == "begin"}
    assert len(owner_of) == len({token for token, _ in owner_of}), "two runs had one token"
    assert is_enough(tmp_path, events)
