"""The SSH server of a farm: one port of loopback a board, all in this process.

`python -m bench.farm.server FOLDER SECONDS` serves the farm that is laid out there until its
standard input ends, and prints a line once it listens. For the seconds see `Farm`.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import asyncssh

from bench.farm.answer import answer, filled
from bench.farm.spec import FIRST_PORT
from jetfleet.fleet.deploy import roles_of
from jetfleet.fleet.fleet import Fleet

SURVEY_SECONDS = 0.15
"""What a quiet board takes for a survey."""

_FRAME = re.compile(rb"limit_frame=(@jetfleet-[0-9a-f]+)")
_END = b"exit 0\n\n}\n"
_BACKLOG = 1000


class Farm:
    """All boards of a farm.

    Parameters
    ----------
    slow:
        Seconds that a board takes for each script that changes it. With any, a file is missing on
        each board until the first such script.

    """

    def __init__(self, folder: Path, slow: float) -> None:
        spec = folder / "farm.yaml"
        roles = roles_of(folder / "deploys/llm.py")
        wanted = Fleet.load(spec, roles).wanted(roles, "llm.py")
        names = [host.name for host in wanted.spec.hosts]
        self.key = str(folder / "host")
        self.address = wanted.spec.hosts[0].address
        self.answers = [answer(wanted.resources(name)) for name in names]
        self.slow = slow
        self.changed: Counter[int] = Counter()

    async def serve(self) -> None:
        """Listen for all boards until standard input ends."""
        for number in range(len(self.answers)):
            await asyncssh.listen(
                self.address, FIRST_PORT + number, server_factory=_AnyKey, encoding=None,
                process_factory=partial(self.run, number), server_host_keys=[self.key],
                backlog=_BACKLOG,
            )  # fmt: skip
        print("listens", flush=True)
        await asyncio.to_thread(sys.stdin.read)

    async def run(self, number: int, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Answer one script, as a board that is as its spec wants."""
        script = b""
        if process.command == "true":
            process.exit(0)
            return
        while not script.endswith(_END):
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
        said = ""
        if b"limit_begin " in script:
            await asyncio.sleep(SURVEY_SECONDS)
            said = filled(self.answers[number], frame)
            if self.slow and not self.changed[number]:
                said = re.sub(r"(?m)^.*/etc/farm-.*\n", "", said)
        elif b"/etc/farm-" in script:
            await asyncio.sleep(self.slow)
            self.changed[number] += 1
        begin, end = f"\n{frame} begin answer\n", f"\n{frame} end answer 0\n"
        process.stdout.write(f"{begin}\n{frame} started\n{said}{end}".encode())
        process.stderr.write(f"{begin}{end}".encode())
        process.exit(0)


class _AnyKey(asyncssh.SSHServer):
    """Accept any key."""

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        del username, key
        return True


if __name__ == "__main__":
    asyncio.run(Farm(Path(sys.argv[1]), float(sys.argv[2])).serve())
