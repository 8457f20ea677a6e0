"""The `jetfleet` command: what pyinfra lacks. It never replaces pyinfra."""

from __future__ import annotations

import sys

import typer

from jetfleet.cli.commands import Commands
from jetfleet.cli.output import finish, prepare
from jetfleet.errors import FleetError


class _Jetfleet(Commands):
    table = {  # noqa: RUF012 - nobody changes it
        "init": "jetfleet.cli.init:init",
        "doctor": "jetfleet.cli.doctor:doctor",
        "validate": "jetfleet.cli.validate:validate",
        "render": "jetfleet.cli.render:render",
        "diff": "jetfleet.cli.diff:diff",
        "lock": "jetfleet.cli.lock:lock",
        "plan": "jetfleet.cli.plan:plan",
        "apply": "jetfleet.cli.apply:apply",
        "drift": "jetfleet.cli.drift:drift",
        "adopt": "jetfleet.cli.adopt:adopt",
        "trust": "jetfleet.cli.trust:trust",
        "status": "jetfleet.cli.status:status",
        "bench": "jetfleet.cli.bench:app",
        "report": "jetfleet.cli.report:report",
        "prune": "jetfleet.cli.prune:prune",
        "twin": "jetfleet.cli.twin:app",
        "explain": "jetfleet.cli.explain:explain",
        "schema": "jetfleet.cli.validate:schema",
    }


app = typer.Typer(
    cls=_Jetfleet,
    help="`terraform plan` for a fleet of NVIDIA Jetsons, carried out by plain pyinfra.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _jetfleet() -> None:
    """Hold the options of all commands: none yet."""


# typer has its copy of click's errors of use under no public name of its own.
_Misused: type[Exception] = typer.BadParameter.__bases__[0]


def main() -> None:
    """Run the command line; an error for a person is printed without a traceback.

    Exit status 1 is an error of any kind, wrong use included: 2 and more are answers.
    """
    prepare()
    status = _status()
    try:
        finish()
    except FleetError as error:
        typer.echo(str(error), err=True)
        status = 1
    raise SystemExit(status)


def _status() -> int:
    try:
        status = app(standalone_mode=False)
    except FleetError as error:
        typer.echo(_said(error), err=True)
        return 1
    except typer.Abort:
        sys.stderr.write("stopped: nothing more is done\n")
        return 1
    except _Misused as error:
        error.show()  # type: ignore[attr-defined]
        return 1
    return status if isinstance(status, int) else 0


def _said(error: FleetError) -> str:
    # Only now: most commands meet no wrong spec, and some start pyinfra before they read any.
    from jetfleet.cli.problems import sentences  # noqa: PLC0415
    from jetfleet.spec.problem import SpecError  # noqa: PLC0415

    return sentences(error.problems) if isinstance(error, SpecError) else str(error)
