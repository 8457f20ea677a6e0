"""Options that several commands have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.run.typed_password import PASSWORD, SUDO_PASSWORD, ask

if TYPE_CHECKING:
    from collections.abc import Sequence


def _ask_sudo(asked: bool) -> bool:
    if asked:
        ask(SUDO_PASSWORD)
    return asked


def _ask_login(asked: bool) -> bool:
    if asked:
        ask(PASSWORD)
    return asked


Spec = Annotated[Path, typer.Argument(help="The fleet's YAML file.")]
Limit = Annotated[
    list[str] | None, typer.Option("--limit", help="Only this host, group or pattern; repeatable.")
]
Reboot = Annotated[bool, typer.Option("--reboot", help="Allow a reboot where a change needs one.")]
Upgrade = Annotated[
    bool, typer.Option("--upgrade", help="Allow an upgrade of L4T where the spec does.")
]
Deep = Annotated[bool, typer.Option("--deep", help="Hash every model file again.")]
Timeout = Annotated[
    int | None,
    typer.Option(
        "--timeout", min=1, metavar="SECONDS", help="The longest that one board may take."
    ),
]
AskSudoPassword = Annotated[
    bool,
    typer.Option(
        SUDO_PASSWORD.option,
        help="Ask once for sudo's password on the boards.",
        callback=_ask_sudo,
        is_eager=True,
        hidden=True,  # `--ask-password` answers sudo too; a help fits a screen
    ),
]
AskPassword = Annotated[
    bool,
    typer.Option(
        PASSWORD.option,
        help="Ask once for the boards' password, sudo's too.",
        callback=_ask_login,
        is_eager=True,
    ),
]
TakeOver = Annotated[
    bool, typer.Option("--take-over", help="Change boards that another run is changing.")
]
Prune = Annotated[bool, typer.Option("--prune", help="Allow removal of unused models and images.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Markdown on standard output.")]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report here.")]


def data_of(reboot: bool, deep: bool, prune: bool, *, upgrade: bool = False) -> tuple[str, ...]:
    """Return the options of a run as pyinfra's ``--data``."""
    given = (
        ("reboot=allow", reboot),
        ("upgrade=allow", upgrade),
        ("deep=yes", deep),
        ("prune=yes", prune),
    )
    return tuple(word for word, said in given if said)


def with_timeout(data: Sequence[str], timeout: int | None) -> tuple[str, ...]:
    """Return the options of a run, with the seconds that one board may take."""
    return (*data, *([f"timeout={timeout}"] if timeout else []))


@dataclass(frozen=True)
class Forms:
    """In which forms a plan is shown, and where it is written."""

    json: bool = False
    markdown: bool = False
    junit: Path | None = None
    output: Path | None = None
