"""The programs as files: their modules, and the lines that start one."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "twins/standins/programs"
"""Where they lie under a folder that Python imports from."""


def modules(*names: str) -> Iterator[tuple[str, bytes]]:
    """Yield the modules of these programs, by path under `FOLDER`."""
    programs = resources.files("twins.standins.programs")
    yield "__init__.py", programs.joinpath("__init__.py").read_bytes()
    for name in names:
        for source in sorted(programs.joinpath(name).iterdir(), key=lambda file: file.name):
            if source.name.endswith(".py"):
                yield f"{name}/{source.name}", source.read_bytes()


def start(program: str) -> str:
    """Return what a script has in it that runs a program."""
    return f"from {FOLDER.replace('/', '.')}.{program}.main import main\n\nmain()\n"
