"""The user's own keys: those that log in on a board, and the public one that a board is given."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from jetfleet.errors import FleetError
from jetfleet.ssh.login import NamedKey
from jetfleet.workstation.login_key import agent_keys, login_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FILES = ("id_ed25519", "id_ecdsa", "id_rsa")
_COMMENT = 100
"""Most characters of a key's comment."""


def keys_of(named: str, others: Sequence[str] = ()) -> Iterator[NamedKey]:
    """Yield the keys that can be offered to a board, the private ones in hand or in the agent.

    Parameters
    ----------
    named:
        The key's file in the spec; empty: those of the agent, and the usual files.
    others:
        More files to try without a name, as a configuration of SSH has them.

    """
    if named:
        key = login_key(named).key
        if key is not None:
            yield NamedKey(f"the key {named}", key)
        return
    offered: set[bytes] = set()
    for own in agent_keys():
        offered.add(own.blob)
        yield NamedKey(f"the key {own.comment} of the SSH agent", own)
    for path in (*others, *_usual_files()):
        used = login_key(path)
        if used.key is not None and used.public not in offered:
            offered.add(used.public)
            yield NamedKey(f"the key {path}", used.key)


def public_key(named: str) -> str:
    """Return the line of authorized_keys for the user's key.

    Parameters
    ----------
    named:
        The private key's file in the spec; empty: the only key of the agent and the usual files.

    Raises
    ------
    FleetError
        There is no such key, or there are several.

    """
    if named:
        used = login_key(named)
        if not used.public:
            raise FleetError(used.wrong or f"{named} has no public key beside it, {named}.pub")
        return _line(used.public, _comment_beside(named, used.public))
    found = {key.blob: key.comment for key in agent_keys()}
    for path in _usual_files():
        blob = login_key(path).public
        if blob:
            found.setdefault(blob, _comment_beside(path, blob))
    if not found:
        raise FleetError(
            "there is no SSH key that a board could be given: make one with "
            "`ssh-keygen -t ed25519`, and write its path as `ssh.key`"
        )
    if len(found) > 1:
        raise FleetError(
            f"there are {len(found)} SSH keys that a board could be given: write the path of one "
            "as `ssh.key`"
        )
    ((blob, comment),) = found.items()
    return _line(blob, comment)


def _usual_files() -> list[str]:
    return [f"~/.ssh/{name}" for name in _FILES if (Path("~/.ssh") / name).expanduser().is_file()]


def _comment_beside(name: str, blob: bytes) -> str:
    """Return the comment of the .pub file beside a key; empty if that is another key's."""
    path = Path(name).expanduser()
    path = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    try:
        words = path.read_text(encoding="utf-8").split(None, 2)
    except (OSError, UnicodeDecodeError):
        return ""
    same = len(words) > 2 and words[1] == base64.b64encode(blob).decode()  # noqa: PLR2004
    return words[2] if same else ""


def _line(blob: bytes, comment: str) -> str:
    kind = paramiko.Message(blob).get_text()
    shown = "".join(c for c in comment if c.isprintable()).strip()[:_COMMENT].strip()
    return f"{kind} {base64.b64encode(blob).decode()} {shown or 'jetfleet'}"
