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
    loaded:
        The key of the file, where that can be used.
    public:
        The public key in SSH's binary form; empty if it is not known.

    """

    wrong: str = ""
    locked: bool = False
    in_agent: paramiko.AgentKey | None = None
    loaded: paramiko.PKey | None = None
    public: bytes = b""

    @property
    def key(self) -> paramiko.PKey | None:
        """The key that can be used; None without one."""
        return self.in_agent or self.loaded


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
        blob = _blob_of(content.decode(errors="replace"))
        in_agent = in_agent_of(blob)
        return (
            LoginKey("", in_agent=in_agent, public=blob)
            if in_agent
            else LoginKey(
                f"{name} is a public key: write the path of the private one as `ssh.key`, most "
                "often without `.pub`, or add that to the SSH agent",
                public=blob,
            )
        )
    return _loaded(name, path, content)


def _loaded(name: str, path: Path, content: bytes) -> LoginKey:
    try:
        loaded = load_key_with_certificate(str(path), allow_prompt=False)
    except Exception as error:  # noqa: BLE001 - any file can be named, and one host's ends no run
        locked = "is encrypted" in str(error)
    else:
        return LoginKey(loaded=loaded, public=loaded.asbytes())
    public = _public_in(content) or _public_beside(path)
    in_agent = in_agent_of(public)
    if in_agent is not None:
        return LoginKey(locked=locked, in_agent=in_agent, public=public)
    if locked:
        return LoginKey(
            f"the key {name} has a passphrase: add it to the SSH agent with `ssh-add {name}`",
            locked=True,
            public=public,
        )
    return LoginKey(f"{name} is not a private key that can be used: {_ANOTHER}")


def agent_keys() -> list[paramiko.AgentKey]:
    """Return the keys of the SSH agent; none if there is no agent."""
    try:
        keys = paramiko.Agent().get_keys()
    except (paramiko.SSHException, OSError):
        return []
    return [_SharedKey(key.agent, key.blob, key.comment) for key in keys]


def in_agent_of(public: bytes) -> paramiko.AgentKey | None:
    """Return the key of the SSH agent that has this public key, if there is one."""
    return next((key for key in agent_keys() if public and key.blob == public), None)


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
        return _blob_of(path.with_name(f"{path.name}.pub").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return b""


def _blob_of(line: str) -> bytes:
    """Return the public key of a line of a .pub file; empty if it has none."""
    try:
        return base64.b64decode(line.split()[1].encode(), validate=True)
    except (ValueError, IndexError):
        return b""
