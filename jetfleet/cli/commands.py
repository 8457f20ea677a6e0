"""The group of all commands: a command is imported only when it is called."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping


# typer has its copy of click's errors of use under no public name of its own.
Misused: type[Exception] = typer.BadParameter.__bases__[0]


class Command(NamedTuple):
    """Where a command is, and what the list of all commands says of it.

    Parameters
    ----------
    target:
        ``module:attribute`` of its function or its typer app.
    summary:
        One sentence, at most 68 characters; a test holds it to the command's own help.
    looks_up:
        Whether it only looks up what jetfleet knows: the list of all has its name alone.

    """

    target: str
    summary: str
    looks_up: bool = False


class _Completed(TyperCommand):
    """A command whose words are not read while a shell asks how the last of them goes on.

    typer reads words by pydantic, whose import is half of the time of such a question.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Return the words that are left once all options and arguments have theirs."""
        return [] if ctx.resilient_parsing else super().parse_args(ctx, args)


class Commands(TyperGroup):
    """A group whose commands are listed in a table and loaded one at a time.

    Neither `jetfleet --help` nor a command that needs no SSH client imports one: `validate`,
    `render` and `diff` run in every pull request.
    """

    table: Mapping[str, Command] = {}
    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's own is not public
        """Return the names in the order of the table."""
        del ctx
        return [*self.table]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ANN401
        """Return the command of that name, or None."""
        del ctx
        if cmd_name not in self.table:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=self.table[cmd_name].summary)
        module, _, attribute = self.table[cmd_name].target.partition(":")
        target = getattr(import_module(module), attribute)
        if isinstance(target, typer.Typer):
            target.rich_markup_mode = None
            group = typer.main.get_group(target)
            group.name = cmd_name
            return group
        one = typer.Typer(add_completion=False, rich_markup_mode=None)
        one.command(cmd_name, cls=_Completed)(target)
        return cast("TyperCommand", typer.main.get_command(one))

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        """Return the options before the name of a command."""
        # As in `_Completed`: they are listed for a shell, not read.
        return super().get_params(ctx) if self._listing or not ctx.resilient_parsing else []

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401
        """Return what a shell can complete a word to; no command is imported for its name."""
        self._listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._listing = False

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Return the command of the first word; an unknown one is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except Misused as error:
            near = get_close_matches(args[0], self.table, n=1)
            if near:
                error.message = f"{error.message} Did you mean '{near[0]}'?"  # type: ignore[attr-defined]
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write one line for each command, without importing any of them.

        All fits a screen of 80 columns and 24 lines.
        """
        del ctx
        formatter.write(f"{self.help}\n")
        column = max(map(len, self.table)) + 2
        for name, command in self.table.items():
            if not command.looks_up:
                formatter.write(f"  {name:<{column}}{command.summary}\n")
        names = ", ".join(name for name, command in self.table.items() if command.looks_up)
        formatter.write(f"What jetfleet knows: {names}.\n")
        formatter.write("More: `jetfleet COMMAND --help`. Also: --version, --install-completion.\n")
