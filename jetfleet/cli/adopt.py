"""`jetfleet adopt`: a spec for a board that was set up by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.adopt import read
from jetfleet.adopt.describe import describe
from jetfleet.adopt.reach import Target, run_as_root
from jetfleet.adopt.write import write
from jetfleet.cli.options import AskSudoPassword, Timeout
from jetfleet.errors import FleetError
from jetfleet.run.typed_password import SUDO_PASSWORD, ask
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.adopt.describe import Described


def adopt(
    login: Annotated[str, typer.Argument(help="Who logs in where.", metavar="USER@HOST")],
    port: Annotated[int, typer.Option("--port", "-p", help="Its SSH port.")] = 22,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for spec, lock and inventory.")
    ] = Path("inventory"),
    key: Annotated[
        Path | None, typer.Option("--key", "-i", help="Private key; left out, as ssh finds it.")
    ] = None,
    known_hosts: Annotated[
        Path | None, typer.Option(help="Pinned host keys; left out, ~/.ssh/known_hosts.")
    ] = None,
    asked: AskSudoPassword = False,
    timeout: Timeout = None,
) -> None:
    """Write a spec for a board that was set up by hand.

    A plan of that spec against the board is empty. Nothing is changed on the board. Model files
    are hashed there, which takes some seconds a gigabyte.
    """
    user, at, address = login.rpartition("@")
    if not at or not user:
        raise FleetError(
            f"{login}: a user or an address is missing: write USER@HOST, such as nvidia@192.0.2.11"
        )
    hosts = known_hosts or Path.home() / ".ssh/known_hosts"
    answer, reached = run_as_root(
        Target(user, address, port, key, hosts, ask(SUDO_PASSWORD) if asked else ""),
        read.script(),
        min(read.SECONDS, timeout or read.SECONDS),
    )
    board = describe(read.read(answer))
    path = write(board, reached, output)
    show(board, path, typer.echo)


def show(board: Described, path: Path, print_line: Callable[[str], None]) -> None:
    """Print what was written, what was hidden on the board, and what is not managed."""
    if board.hidden:
        print_line(
            "hidden on the board, so the spec has a reference or `***`, and a plan compares only "
            "whether it is there:"
        )
    for line in board.hidden:
        print_line(printable(f"  - {line}"))
    print_line(f"wrote {path}, its lock, {path.with_suffix('.py').name} and the pinned host key")
    if board.seen:
        print_line("found and not managed:")
    for line in board.seen:
        print_line(printable(f"  - {line}"))
    print_line(f"its plan is empty: pyinfra {path.with_suffix('.py')} deploys/llm.py --dry")
