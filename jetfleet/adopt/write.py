"""Write the files of an adopted board: spec, lock, inventory and pinned host key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.hostkeys.known_hosts import PORT
from jetfleet.lock.file import save_lock
from jetfleet.text import printable
from jetfleet.text.yaml_text import format_yaml
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import lock_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jetfleet.adopt.describe import Described

_HEAD = """\
# {name}, as it was set up by hand; written by `jetfleet adopt`.
#
# What is under `adopted` is compared with the board and never changed. To have jetfleet run a
# service, move it from `adopted.services` to `services` without its `made`, and stop it on the
# board. To have jetfleet manage the rest, too, remove `adopted`.

"""

_INVENTORY = '''\
"""pyinfra's inventory for {name}.yaml: its hosts, and how to reach them."""

from jetfleet.inventory import hosts

{variable} = hosts(__file__)
'''


@dataclass(frozen=True)
class Login:
    """The login to the board.

    Parameters
    ----------
    key:
        The file of the private key, if one was given.
    sudo_asks:
        Whether a password for sudo was given.

    """

    user: str
    address: str
    port: int
    key: str | None
    host_key: str
    sudo_asks: bool = False


def write(board: Described, login: Login, folder: Path) -> Path:
    """Write the files of a board and return the spec's path.

    Raises
    ------
    FleetError
        A file of that name exists, or the new spec would be refused.

    """
    path = folder / f"{board.name}.yaml"
    for one in (path, path.with_suffix(".py"), lock_path(path)):
        if one.exists():
            raise FleetError(f"{one} exists: move it away, or choose another folder with -o")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(board, login), encoding="utf-8")
    try:
        load_checked(path)
    except FleetError as error:
        refused = path.with_suffix(".refused.yaml")
        path.rename(refused)
        raise FleetError(
            f"{error}\nthe board was read, but its spec would be refused: correct {refused}, and "
            f"rename it to {path.name}"
        ) from error
    variable = "".join(c if c.isalnum() else "_" for c in f"_{board.name}").strip("_")
    variable = variable if variable.isidentifier() else f"host_{variable}"
    text = _INVENTORY.format(name=board.name, variable=variable)
    path.with_suffix(".py").write_text(text, encoding="utf-8")
    save_lock(board.lock, lock_path(path), path)
    _pin(folder / "known_hosts", login.host_key)
    return path


def text_of(board: Described, login: Login) -> str:
    """Return the text of the spec, with notes on what is not managed at its end."""
    ssh: dict[str, Any] = {"user": login.user, **({"key": login.key} if login.key else {})}
    if login.sudo_asks:
        ssh["sudo_password"] = {"env": "SUDO_PASSWORD"}
    port = {"port": login.port} if login.port != PORT else {}
    host = {"address": login.address, **port, "ssh": ssh, **board.host}
    spec: dict[str, Any] = {"version": 1}
    if board.models:
        spec["models"] = board.models
    spec["hosts"] = {board.name: host}
    notes = _notes("Found on the board and not managed:", board.seen)
    notes += _notes("Hidden on the board; only whether it is there is compared:", board.hidden)
    return _HEAD.format(name=board.name) + format_yaml(spec) + "\n".join(notes)


def _notes(title: str, lines: Sequence[str]) -> list[str]:
    """Return lines of comments under a title; nothing without lines."""
    return ["", f"# {title}", *(printable(f"#   - {line}") for line in lines)] if lines else []


def _pin(path: Path, line: str) -> None:
    """Add a host key to a file, unless it has it."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if line not in old.splitlines():
        atomic_write(path, f"{old}{line}\n")
