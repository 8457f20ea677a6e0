"""An upload over a slow line, against what the line carries.

`python -m bench.upload`: a file that does not compress goes to an SSH server on this computer by
the steps of a run, over lines of `bench.link`. The table is written to docs/performance.md too.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncssh
import paramiko

from bench.link import Line, proxy
from bench.page import write
from jetfleet.converge.progress import Meter
from jetfleet.converge.upload import upload
from jetfleet.hostkeys.transport import Transport
from jetfleet.steps import Result, Upload
from jetfleet.transport.answer import result_of
from jetfleet.transport.body import Sent
from jetfleet.transport.exchange import exchange
from jetfleet.transport.script import SHELL, to_send

PORT = 19999
HERE, THERE = "127.99.0.1", "127.99.0.2"
LINES = {
    "200 ms, 100 Mbit/s": (Line(0.2, rate=12_500_000), 128 << 20),
    "200 ms, 20 Mbit/s": (Line(0.2, rate=2_500_000), 32 << 20),
    "20 ms, 100 Mbit/s": (Line(0.02, rate=12_500_000), 128 << 20),
    "0 ms": (Line(0), 256 << 20),
}


class _Board:
    """A board on one connection, without a lease."""

    renewal = "true\n"

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport

    def query(self, script: str, title: str, seconds: int = 60) -> Result:
        return self._sent(Sent(to_send(script, seconds)), title, seconds)

    def send(self, script: str, title: str, seconds: int, pieces: Iterator[bytes]) -> Result:
        return self._sent(Sent(to_send(script, seconds, followed=True), pieces), title, seconds)

    def _sent(self, sent: Sent, title: str, seconds: int) -> Result:
        done = exchange(self._transport, " ".join((*SHELL, "it")), sent.gate(""), seconds)
        return result_of(done, title, seconds)


def main() -> None:
    """Print a table in Markdown, and write it to its page."""
    table = ["| line | MiB | MB/s | share of the line |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as scratch:
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.upload", "serve", HERE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with server:
            try:
                if server.stdout is None or server.stdout.readline() != "listens\n":
                    sys.exit("the server did not start")
                table += [row(name, Path(scratch)) for name in LINES]
            finally:
                server.kill()
    print("\n".join(table))
    write("bench.upload", table)


def row(name: str, folder: Path) -> str:
    """Return the line of the table for one line."""
    line, size = LINES[name]
    local, remote = folder / "local", folder / "remote"
    with local.open("wb") as file:
        for _ in range(size >> 20):
            file.write(os.urandom(1 << 20))
    with (
        proxy(line, THERE, HERE, [PORT]),
        closing(Transport(socket.create_connection((THERE, PORT)))) as transport,
    ):
        transport.start_client()
        transport.auth_none("nvidia")
        begun = time.monotonic()
        step = Upload(str(local), str(remote), size, name)
        upload(step, _Board(transport), Meter(lambda _: None, lambda _: None))  # type: ignore[arg-type]
        rate = size / (time.monotonic() - begun)
    if remote.read_bytes() != local.read_bytes():
        sys.exit("what arrived is another file")
    remote.unlink()
    share = f"{rate / line.rate:.0%}" if line.rate else ""
    return f"| {name} | {size >> 20} | {rate / 1e6:.1f} | {share} |"


class _Anyone(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        del username
        return False


async def serve(address: str) -> None:
    """Run the commands of anyone on this computer until standard input ends."""

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        pipe = subprocess.PIPE
        child = await asyncio.create_subprocess_shell(
            process.command or "true", stdin=pipe, stdout=pipe, stderr=pipe
        )
        await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
        process.exit(await child.wait())

    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.listen(
        address, PORT, server_factory=_Anyone, encoding=None, process_factory=run,
        server_host_keys=[key],
    )  # fmt: skip
    print("listens", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(sys.argv[2]))
    else:
        main()
