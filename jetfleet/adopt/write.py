"""The files of an adopted board: spec, lock, pyinfra's inventory and its pinned host key."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.lock.file import save_lock
from jetfleet.ssh import PORT
from jetfleet.validate import load_checked
from jetfleet.workstation import lock_path

if TYPE_CHECKING:
    from pathlib import Path

    from jetfleet.adopt.describe import Described

_HEAD = """\
# {name}, as it was set up by hand; written by `jetfleet adopt`.
#
# What stands under `adopted` is compared with the board and never changed. To have jetfleet run a
# service, move it from `adopted.services` to `services` without its `made`, and stop what runs.
# To have jetfleet own the rest too, take `adopted` out.

"""

_INVENTORY = '''\
"""pyinfra's inventory for {name}.yaml: its hosts, and how to reach them."""

from jetfleet.inventory import hosts

{variable} = hosts(__file__)
'''


@dataclass(frozen=True)
class Login:
    """How the board was reached; `key` is the private key's file, if one was named."""

    user: str
    address: str
    port: int
    key: str | None
    host_key: str


def write(board: Described, login: Login, folder: Path) -> Path:
    """Write the files of a board and return the spec's path.

    Raises
    ------
    FleetError
        A file of that name is there already, or the spec that came out would be refused.

    """
    path = folder / f"{board.name}.yaml"
    for one in (path, path.with_suffix(".py"), lock_path(path)):
        if one.exists():
            raise FleetError(f"{one} is there already: move it away, or write elsewhere with -o")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(board, login), encoding="utf-8")
    try:
        load_checked(path)
    except FleetError as error:
        refused = path.with_suffix(".refused.yaml")
        path.rename(refused)
        raise FleetError(
            f"{error}\nthe board was read, but a spec of it would be refused: mend {refused}, and "
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
    """Return the spec's text, with what was seen and is not managed at its end."""
    yaml = YAML()
    yaml.width = 1 << 16  # a value stays on the line of its key
    yaml.representer.add_representer(type(None), _null)
    yaml.indent(mapping=2, sequence=4, offset=2)
    ssh = {"user": login.user, **({"key": login.key} if login.key else {})}
    port = {"port": login.port} if login.port != PORT else {}
    host = {"address": login.address, **port, "ssh": ssh, **board.host}
    spec: dict[str, Any] = {"version": 1}
    if board.models:
        spec["models"] = board.models
    spec["hosts"] = {board.name: host}
    out = io.StringIO()
    yaml.dump(spec, out)
    lines = ["", "# Seen on the board and not managed:", *(f"#   - {line}" for line in board.seen)]
    return _HEAD.format(name=board.name) + out.getvalue() + "\n".join(lines if board.seen else ())


def _null(representer: Any, _: None) -> Any:  # noqa: ANN401 - ruamel has no types for it
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _pin(path: Path, line: str) -> None:
    """Add a host key, unless it is there."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if line not in old.splitlines():
        atomic_write(path, f"{old}{line}\n")
