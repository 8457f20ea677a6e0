"""SSH servers on loopback with keys and certificates that `ssh-keygen` has made."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh


@dataclass(frozen=True)
class Key:
    """A key pair in a file, and beside it the public one."""

    path: Path

    @classmethod
    def made(cls, path: Path, kind: str = "ed25519") -> Key:
        size = ["-b", "2048"] if kind == "rsa" else []
        keygen("-q", "-t", kind, *size, "-N", "", "-f", str(path))
        return cls(path)

    @property
    def public(self) -> str:
        """The type and the key, as known_hosts has them."""
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    @property
    def fingerprint(self) -> str:
        """The fingerprint as `ssh-keygen -l` prints it."""
        return keygen("-lf", f"{self.path}.pub").split()[1]

    def signed(self, authority: Key, *options: str) -> Path:
        """Let an authority sign a certificate; `options` as `ssh-keygen -s` takes them."""
        keygen("-q", "-s", str(authority.path), "-I", "a board", *options, f"{self.path}.pub")
        return self.path.with_name(f"{self.path.name}-cert.pub")


def keygen(*arguments: str) -> str:
    done = subprocess.run(["ssh-keygen", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


class _NoLogin(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        del username
        return False


async def _shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
    ran = await asyncio.create_subprocess_shell(
        process.command or "true", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = await ran.communicate(await process.stdin.read())
    process.stdout.write(out)
    process.exit(ran.returncode or 0)


@contextmanager
def ssh_server(keys: list[Key], certificates: list[Path] | None = None) -> Iterator[int]:
    """Serve SSH on 127.0.0.1 without a login; yield the port."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_NoLogin, process_factory=_shell, encoding=None,
            server_host_keys=[str(key.path) for key in keys],
            server_host_certs=[str(path) for path in certificates or ()],
        )  # fmt: skip

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield acceptor.get_port()
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
