"""The programs of `servers/` as files: their modules, and the lines that start one."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVERS = resources.files("twins.standins.servers")
FOLDER = "twins/standins/servers"
"""Where they lie below a folder of Python's search path."""


def texts(file: str) -> Iterator[tuple[str, str]]:
    """Yield the text of this file of each folder that has it, by the folder's name, sorted."""
    for folder in sorted(_SERVERS.iterdir(), key=lambda one: one.name):
        found = folder.joinpath(file)
        if found.is_file():
            yield folder.name, found.read_text(encoding="utf-8")


def modules(*names: str) -> Iterator[tuple[str, bytes]]:
    """Yield the modules of these programs, by path under `FOLDER`."""
    yield "__init__.py", _SERVERS.joinpath("__init__.py").read_bytes()
    for name in names:
        for source in sorted(_SERVERS.joinpath(name).iterdir(), key=lambda file: file.name):
            if source.name.endswith(".py"):
                yield f"{name}/{source.name}", source.read_bytes()


def start(program: str) -> str:
    """Return the Python script that runs a program."""
    return f"from {FOLDER.replace('/', '.')}.{program}.main import main\n\nmain()\n"
