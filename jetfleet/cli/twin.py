"""`jetfleet twin`: what the extra `jetfleet[twins]` brings, or a sentence that names the extra."""

from __future__ import annotations

from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from jetfleet.errors import FleetError
from jetfleet.extra import INSTALL, twins_entry


class _NotInstalled(TyperGroup):
    """Refuse every use of the command, `--help` included."""

    def parse_args(self, ctx: Any, args: list[str]) -> NoReturn:  # noqa: ANN401 - not public
        """Raise a `FleetError` that says what to install."""
        del ctx, args
        raise FleetError(f"`jetfleet twin` is not installed: {INSTALL}")


app: typer.Typer = twins_entry("command") or typer.Typer(
    cls=_NotInstalled, callback=lambda: None, help="Virtual Jetsons: one for each host of a spec."
)
