"""Templates: ``templates/<role>/<path on the board>.j2``, rendered by plain values."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment, StrictUndefined

ROOT = (Path(__file__).parent / "templates").resolve()
LARGEST = 1 << 20
"""Bytes of a template of a user's own, and of what it makes."""

_FOLDER = ContextVar("_FOLDER", default=ROOT)


def render(role: str, path: str, **values: object) -> str:
    """Return the text of a file on the board.

    Parameters
    ----------
    role:
        Folder below ``templates/``.
    path:
        Absolute path on the board; ``NAME`` in it stands for a service's name.
    values:
        What the template uses; one that is missing is an error, never an empty string.

    """
    return render_from(_FOLDER.get() / role, path, **values)


def render_from(folder: Path, path: str, **values: object) -> str:
    """Return the text of a file on the board from the template ``<path>.j2`` below a folder."""
    return _environment(folder).get_template(f"{path.lstrip('/')}.j2").render(**values)


def render_own(folder: Path, name: str, **values: object) -> str:
    """Return the text of a template of a user's own in a folder.

    It may come from a pull request: it reads no other file, and has no way to the interpreter.
    Raise `ValueError` for a link out of the folder, and for a text above 1 MiB.
    """
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415 - see `_environment`

    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("it is a link that leads out of its folder")
    if path.stat().st_size > LARGEST:
        raise ValueError("it is larger than 1 MiB")
    environment = SandboxedEnvironment(undefined=_strict(), keep_trailing_newline=True)
    text = environment.from_string(path.read_text(encoding="utf-8")).render(**values)
    if len(text) > LARGEST:
        raise ValueError("its text is larger than 1 MiB")
    return text


@contextmanager
def templates_of(folder: Path) -> Iterator[None]:
    """Render from the templates in another folder: those of another revision, for a review."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def _strict() -> type[StrictUndefined]:
    from jinja2 import StrictUndefined  # noqa: PLC0415 - see `_environment`

    return StrictUndefined


@cache
def _environment(folder: Path) -> Environment:
    # Only a rendering needs it, a check does not: its import takes a tenth of a second.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    # The files are configuration, not HTML; what a person wrote is quoted by each template's role.
    return Environment(  # noqa: S701 - no HTML: `quote` and the JSON filters escape
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
