"""The private key that logs in on a host: whether it can be used, from its file or the agent."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import paramiko
from pyinfra.connectors.ssh_util import load_key_with_certificate

_LOCK = threading.Lock()
_OPENSSH = b"openssh-key-v1\0"
_MOST_BYTES = 64 * 1024
_ANOTHER = "put the key there, or write another path as `ssh.key`"


@dataclass(frozen=True)
class LoginKey:
    """A private key's file.

    Parameters
    ----------
    wrong:
        Why it cannot be used, and what to do; empty if it can.
    locked:
        Whether it has a passphrase.
    in_agent:
        The same key in the SSH agent, where the file itself cannot be used.

    """

    wrong: str = ""
    locked: bool = False
    in_agent: paramiko.AgentKey | None = None


class _SharedKey(paramiko.AgentKey):
    """A key of the agent that several connections use: the agent's socket takes one at a time."""

    def sign_ssh_data(self, *given: Any) -> paramiko.Message:  # noqa: ANN401 - paramiko's own
        with _LOCK:
            return super().sign_ssh_data(*given)


@cache
def login_key(name: str) -> LoginKey:
    """Return what is known of the private key in a file; an error of any kind is its `wrong`."""
    path = Path(name).expanduser()
    try:
        if not path.exists():
            return LoginKey(f"there is no key {name}: {_ANOTHER}")
        if not path.is_file():
            return LoginKey(f"{name} is not a file: {_ANOTHER}")
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError as error:
        return LoginKey(
            f"the key {name} cannot be read ({error.strerror}): let the user of this run read it"
        )
    if content.startswith((b"ssh-", b"ecdsa-", b"sk-")):
        return LoginKey(
            f"{name} is a public key: write the path of the private one as `ssh.key`, most often "
            "without `.pub`"
        )
    return _loaded(name, path, content)


def _loaded(name: str, path: Path, content: bytes) -> LoginKey:
    try:
        load_key_with_certificate(str(path), allow_prompt=False)
    except Exception as error:  # noqa: BLE001 - any file can be named, and one host's ends no run
        locked = "is encrypted" in str(error)
    else:
        return LoginKey()
    in_agent = _in_agent(path, content)
    if in_agent is not None:
        return LoginKey(locked=locked, in_agent=in_agent)
    if locked:
        return LoginKey(
            f"the key {name} has a passphrase: add it to the SSH agent with `ssh-add {name}`",
            locked=True,
        )
    return LoginKey(f"{name} is not a private key that can be used: {_ANOTHER}")


def _in_agent(path: Path, content: bytes) -> paramiko.AgentKey | None:
    wanted = _public_in(content) or _public_beside(path)
    try:
        keys = paramiko.Agent().get_keys() if wanted else ()
    except (paramiko.SSHException, OSError):
        return None
    for key in keys:
        if key.blob == wanted:
            return _SharedKey(key.agent, key.blob, key.comment)
    return None


def _public_in(content: bytes) -> bytes:
    """Return the public key in a file of OpenSSH, which no passphrase protects; or nothing.

    Its form: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
    """
    lines = [line for line in content.splitlines() if line and not line.startswith(b"-")]
    try:
        data = base64.b64decode(b"".join(lines))
    except ValueError:
        return b""
    if not data.startswith(_OPENSSH):
        return b""
    message = paramiko.Message(data.removeprefix(_OPENSSH))
    for _ in range(3):  # cipher, key derivation, and its options
        message.get_binary()
    message.get_int()
    return message.get_binary()


def _public_beside(path: Path) -> bytes:
    try:
        words = path.with_name(f"{path.name}.pub").read_text(encoding="ascii").split()
        return base64.b64decode(words[1].encode())
    except (OSError, ValueError, IndexError):
        return b""
