"""The group of all commands: each is imported only when it is called, and help fits a screen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTH = 80


class Commands(TyperGroup):
    """A group whose commands are named in a table and loaded one at a time.

    A command that needs no SSH client must not wait until one is imported: `validate`, `render`
    and `diff` run in every pull request.
    """

    table: Mapping[str, str] = {}
    """Name of a command, and ``module:attribute`` of its function or its typer app."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's own is not public
        """Return the names in the order of the table, then those that were registered."""
        return [*self.table, *(name for name in super().list_commands(ctx))]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ANN401
        """Return the command of that name, or None."""
        if cmd_name not in self.table:
            return cast("TyperCommand | None", super().get_command(ctx, cmd_name))
        module, _, attribute = self.table[cmd_name].partition(":")
        target = getattr(import_module(module), attribute)
        if isinstance(target, typer.Typer):
            target.rich_markup_mode = None
            group = typer.main.get_group(target)
            group.name = cmd_name
            return group
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(cmd_name)(target)
        return cast("TyperCommand", typer.main.get_command(one))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write all commands, a line each, on one screen of 80 columns and 24 lines."""
        formatter.write(f"{self.help}\n")
        names = self.list_commands(ctx)
        column = max(map(len, names)) + 2
        for name in names:
            command = self.get_command(ctx, name)
            if command and not command.hidden:
                room = _WIDTH - 2 - column
                formatter.write(f"  {name:<{column}}{command.get_short_help_str(room)}\n")
        formatter.write("`jetfleet COMMAND --help` tells more; --install-completion: Tab does.\n")
