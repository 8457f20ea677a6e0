"""The `jetfleet` command: what pyinfra lacks. It never replaces pyinfra."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from jetfleet.cli.commands import Command, Commands, Misused
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.output import finish, prepare
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.garbage import collect_seldom
from jetfleet.late_import import import_ssh_late
from jetfleet.redaction import redact_output
from jetfleet.text import printable_lines, printable_screen


class Jetfleet(Commands):
    """All commands, in the order of their use."""

    table = {  # noqa: RUF012 - nobody changes it
        "init": Command(
            "jetfleet.cli.init:init",
            "Lay out a new fleet's repository, for you to fill in.",
        ),
        "doctor": Command(
            "jetfleet.cli.doctor:doctor",
            "Say what is missing on this workstation, and what to do.",
        ),
        "validate": Command(
            "jetfleet.cli.validate:validate",
            "Print every error of a spec, its place and remedy.",
        ),
        "render": Command(
            "jetfleet.cli.render:render",
            "Write every file that would land on every host.",
        ),
        "diff": Command(
            "jetfleet.cli.diff:diff",
            "Show what a change in git would change on the boards.",
        ),
        "lock": Command(
            "jetfleet.cli.lock:lock",
            "Resolve image tags to digests, and models to files with hashes.",
        ),
        "bundle": Command(
            "jetfleet.cli.bundle:bundle",
            "Put all that hosts without a network need into one folder.",
        ),
        "plan": Command(
            "jetfleet.cli.plan:plan",
            "Show what an apply would change on the boards, and its cost.",
        ),
        "apply": Command(
            "jetfleet.cli.apply:apply",
            "Plan, ask, carry out and verify; or carry out a plan.json.",
        ),
        "rollout": Command(
            "jetfleet.cli.rollout:app",
            "Bring a change to a fleet in waves, and see how that stands.",
        ),
        "drift": Command(
            "jetfleet.cli.drift:drift",
            "Show what differs since the last apply, and who changed it.",
        ),
        "adopt": Command(
            "jetfleet.cli.adopt:adopt",
            "Write a spec for a board that was set up by hand.",
        ),
        "trust": Command(
            "jetfleet.cli.trust:trust",
            "Show a host's SSH key, and pin it if you confirm it.",
        ),
        "status": Command(
            "jetfleet.cli.status:status",
            "Show the state of all boards, and where they differ from the spec.",
        ),
        "lease": Command(
            "jetfleet.cli.lease:app",
            "Show which run changes a board, or take the board from it.",
        ),
        "log": Command(
            "jetfleet.cli.log:log",
            "Show what has changed a board, and whether its log is whole.",
        ),
        "bench": Command(
            "jetfleet.cli.bench:app",
            "Compare benchmarks of model servers, or measure a sweep.",
        ),
        "report": Command(
            "jetfleet.cli.report:report",
            "Write a run or a status as one self-contained HTML page.",
        ),
        "prune": Command(
            "jetfleet.cli.prune:prune",
            "List models that nothing refers to, ask, and remove them.",
        ),
        "twin": Command(
            "jetfleet.cli.twin:app",
            "Virtual Jetsons: one for each host of a spec.",
        ),
        "catalog": Command(
            "jetfleet.cli.catalog:catalog",
            "List modules, and the releases, power modes and images of one.",
            looks_up=True,
        ),
        "explain": Command(
            "jetfleet.cli.explain:explain",
            "Print one rule with its sources, or list all rules.",
            looks_up=True,
        ),
        "schema": Command(
            "jetfleet.cli.validate:schema",
            "Write the JSON Schema of specs, for editors and their completion.",
            looks_up=True,
        ),
    }


app = typer.Typer(
    cls=Jetfleet,
    help="`terraform plan` for a fleet of NVIDIA Jetsons, carried out by plain pyinfra.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},  # of all commands
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - only this option needs it

        python = ".".join(map(str, sys.version_info[:3]))
        typer.echo(
            f"jetfleet {version('jetfleet')} (pyinfra {version('pyinfra')}, Python {python})"
        )
        raise typer.Exit


@app.callback()
def _jetfleet(
    asked: Annotated[
        bool,
        typer.Option("--version", help="Show versions.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Hold the options of all commands."""


def main() -> None:
    """Run the command line; an error for a person is printed without a traceback.

    An error of any kind, wrong use included, ends with `ExitCode.ERROR`.
    """
    collect_seldom()
    import_ssh_late()
    prepare()
    redact_output(printable_screen)
    status = _status()
    try:
        finish()
    except FleetError as error:
        echo(str(error), err=True)
        status = ExitCode.ERROR
    raise SystemExit(status)


def _status() -> int:
    try:
        with contained("the command", passing=(typer.Abort, Misused)):
            status = app(standalone_mode=False)
    except FleetError as error:
        typer.echo(_said(error), err=True)
        return ExitCode.ERROR
    except (typer.Abort, KeyboardInterrupt) as stop:
        sys.stderr.write("stopped: nothing more is done\n")
        return interrupted(signal.SIGINT) if _is_interrupt(stop) else ExitCode.ERROR
    except Misused as error:
        error.show()  # type: ignore[attr-defined]
        return ExitCode.ERROR
    return status if isinstance(status, int) else ExitCode.DONE


def _is_interrupt(stop: BaseException | None) -> bool:
    """Tell whether Ctrl-C ended a command, and not an answer to a question or its end."""
    while stop is not None and not isinstance(stop, KeyboardInterrupt):
        stop = stop.__cause__ or stop.__context__
    return stop is not None


def _said(error: FleetError) -> str:
    # Only now: most commands meet no wrong spec, and some start pyinfra before they read any.
    from jetfleet.cli.problems import sentences  # noqa: PLC0415
    from jetfleet.spec.problem import SpecError  # noqa: PLC0415

    return (
        sentences(error.problems) if isinstance(error, SpecError) else printable_lines(str(error))
    )
