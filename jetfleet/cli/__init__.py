"""The `jetfleet` command: what pyinfra lacks. It never replaces pyinfra."""

from __future__ import annotations

import sys

import typer

from jetfleet.cli.lock import lock
from jetfleet.cli.prune import prune
from jetfleet.cli.trust import trust
from jetfleet.cli.twin import app as twin
from jetfleet.cli.validate import schema, validate
from jetfleet.errors import FleetError

app = typer.Typer(
    help="`terraform plan` for a fleet of NVIDIA Jetsons, carried out by plain pyinfra.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (validate, lock, trust, prune, schema):
    app.command()(command)
app.add_typer(twin, name="twin")


def main() -> None:
    """Run the command line; an error for a person is printed without a traceback."""
    try:
        app()
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None
