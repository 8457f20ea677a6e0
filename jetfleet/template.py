"""Templates: ``templates/<role>/<path on the board>.j2``, rendered by plain values."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parent.parent / "templates"


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
    return _environment().get_template(f"{role}{path}.j2").render(**values)


@cache
def _environment() -> Environment:
    # The files are configuration, not HTML; what a person wrote is quoted by each template's role.
    return Environment(  # noqa: S701
        loader=FileSystemLoader(ROOT),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
