"""Show a plan in the forms that were asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from jetfleet.errors import FleetError
from jetfleet.plan.junit import junit
from jetfleet.plan.show_markdown import markdown
from jetfleet.plan.show_terminal import LOG_COLUMNS
from jetfleet.plan.show_terminal import show as show_on

if TYPE_CHECKING:
    from jetfleet.cli.options import Forms
    from jetfleet.plan.model import Plan


def show(made: Plan, forms: Forms) -> None:
    """Write the files that were named, then print the plan; `FleetError` if a file cannot be."""
    if forms.output is not None:
        _write(forms.output, made.json_text())
    if forms.junit is not None:
        _write(forms.junit, junit(made))
    if forms.json or forms.markdown:
        sys.stdout.write(made.json_text() if forms.json else markdown(made))
    else:
        show_on(made, console())


def console(*, stderr: bool = False) -> Console:
    """Return the console for human output; 160 columns when not a terminal."""
    found = Console(stderr=stderr, highlight=False)
    return (
        found if found.is_terminal else Console(stderr=stderr, highlight=False, width=LOG_COLUMNS)
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FleetError(f"{path} cannot be written ({error.strerror}): name another") from error
