"""The SSH server of a farm: one port of loopback a board, all in this process.

`python -m bench.farm.server FOLDER` serves the farm that is laid out there until its standard input
ends, and prints a line once it listens.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from bench.farm.answer import answer, down, filled
from bench.farm.spec import FIRST_PORT
from bench.farm.starts import Starts
from jetfleet.fleet.deploy import roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.resources import Resource

SURVEY_SECONDS = 0.15
"""What a quiet board takes for a survey."""

_FRAME = re.compile(rb"limit_frame=(@jetfleet-[0-9a-f]+)")
_ENDS = (b"exit 0\n\n}\n", b"exit 0\n}\n")
_START = b"systemctl --no-block restart"
_POLL = b"-- log"
_POLL_SECONDS = 10
_FOR_EVER = 3600
_BACKLOG = 1000


class Board:
    """One board: its answers, and the start of its services."""

    def __init__(self, number: int, text: str, text_of_down: str, starts: Starts) -> None:
        self.in_sync, self.down, self.starts = text, text_of_down, starts
        self.hangs = number in starts.hung
        self.up_at = 0.0 if starts.seconds == 0 else float("inf")

    @property
    def is_up(self) -> bool:
        """Whether its services have started."""
        return time.monotonic() >= self.up_at

    async def said(self, script: bytes, frame: str) -> str:
        """Return what a script prints, after the time that it takes."""
        if _START in script:
            if self.hangs:
                await asyncio.sleep(_FOR_EVER)
            self.up_at = time.monotonic() + self.starts.seconds
            return "0\n"
        if _POLL in script:
            left = self.up_at - time.monotonic()
            await asyncio.sleep(min(max(left, 0), _POLL_SECONDS))
            state = "active" if left <= _POLL_SECONDS else "activating"
            return f"ActiveState={state}\nJob=\n-- log\n"
        if b"limit_begin " in script:
            await asyncio.sleep(SURVEY_SECONDS)
            return filled(self.in_sync if self.is_up else self.down, frame)
        return ""


class Farm:
    """All boards of a farm."""

    def __init__(self, folder: Path) -> None:
        spec = folder / "farm.yaml"
        roles = roles_of(folder / "deploys/llm.py")
        wanted = Fleet.load(spec, roles).wanted(roles, "llm.py")
        names = [host.name for host in wanted.spec.hosts]
        self.key = str(folder / "host")
        self.address = wanted.spec.hosts[0].address
        starts = Starts.read(folder)
        self.boards: Mapping[int, Board] = {
            number: _board(number, wanted.resources(name), starts)
            for number, name in enumerate(names)
        }

    async def serve(self) -> None:
        """Listen for all boards until standard input ends."""
        for number, board in self.boards.items():
            await asyncssh.listen(
                self.address, FIRST_PORT + number, server_factory=_AnyKey, encoding=None,
                process_factory=partial(self.run, board), server_host_keys=[self.key],
                backlog=_BACKLOG,
            )  # fmt: skip
        print("listens", flush=True)
        await asyncio.to_thread(sys.stdin.read)

    async def run(self, board: Board, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Answer one script."""
        script = b""
        if process.command == "true":
            process.exit(0)
            return
        while not script.endswith(_ENDS):
            more = await process.stdin.read(65536)
            if not more:
                process.exit(0)
                return
            script += more
        found = _FRAME.search(script)
        if found is None:
            process.exit(1)
            return
        frame = found[1].decode()
        # Scripts that go together have a mark before each (`jetfleet.converge.command`).
        mark = f"\n{frame} next\n"
        first, *parts = script.split(f"{frame} next\\n' >&$jetfleet_stream; done\n".encode())
        said = "" if parts else await board.said(first, frame)
        for part in parts:
            if b"limit_begin " not in part or board.is_up:  # a board is read when its wait is over
                said += mark + await board.said(part, frame)
        begin, end = f"\n{frame} begin answer\n", f"\n{frame} end answer 0\n"
        process.stdout.write(f"{begin}\n{frame} started\n{said}{end}".encode())
        process.stderr.write(f"{begin}{end}".encode())
        process.exit(0)


def _board(number: int, resources: Mapping[str, Resource[Any]], starts: Starts) -> Board:
    text = answer(resources)
    return Board(number, text, down(text, resources), starts)


class _AnyKey(asyncssh.SSHServer):
    """Accept any key."""

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        del username, key
        return True


if __name__ == "__main__":
    asyncio.run(Farm(Path(sys.argv[1])).serve())
