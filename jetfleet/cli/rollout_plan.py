"""`jetfleet rollout plan`: what a rollout would do, from its file or from the boards."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.options import AsMarkdown, Deep, Prune, Reboot, Upgrade, data_of
from jetfleet.cli.rollout_options import Json, write
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.plan.make import Request
from jetfleet.rollout import cost
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.freeze import Identity, freeze
from jetfleet.rollout.here.review import review
from jetfleet.rollout.plan_file import PlanFile
from jetfleet.rollout.show import plan_lines
from jetfleet.rollout.show_markdown import plan_markdown
from jetfleet.rollout.spec.load import load_rollout
from jetfleet.rollout.store.encode import rollout_data
from jetfleet.run.answers import counted
from jetfleet.run.interrupt import interrupts
from jetfleet.text import format_json, read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.rollout import Rollout


DRAWN = "which hosts of a class go first is drawn again for each rollout, with --from-boards"
"""What a plan of no boards says, so that nobody takes its hosts for those that will be first."""


def plan(
    file: Annotated[Path, typer.Argument(help="The rollout's YAML file.")],
    from_boards: Annotated[
        bool, typer.Option("--from-boards", help="Ask the boards what changes on each.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the plan here, for `start`.")
    ] = None,
    deploy: Deploy = None,
    reboot: Reboot = False,
    upgrade: Upgrade = False,
    deep: Deep = False,
    prune: Prune = False,
    as_json: Json = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Show waves, gates and limits of a rollout file; with --from-boards also what changes.

    Exit code: 0 nothing to do, 2 something to roll out, 1 error. Without --from-boards 0 or 1: no
    board is asked.
    """
    if as_json and as_markdown:
        raise FleetError("--json and --markdown both go to standard output: choose one")
    data = data_of(reboot, deep, prune, upgrade=upgrade)
    if not from_boards:
        if output or deploy or data:
            raise FleetError("what is planned on no board has no plan to write: add --from-boards")
        read, spec = load_rollout(file)
        place = str(spec.path.resolve())
        drawn = (DRAWN,) if read.order == "rotate" else ()
        _show(freeze(read, spec, Identity("plan", "", place)), None, drawn, as_json, as_markdown)
        raise typer.Exit(ExitCode.DONE)
    made = _planned(file, deploy, data)
    if output:
        write(output, made.json_text())
    _show(made.rollout, made, made.notes, as_json, as_markdown)
    changes = any(one.state != "in-sync" for one in made.reviewed.hosts)
    raise typer.Exit(RolloutExit.DIFFERENCES if changes else RolloutExit.DONE)


def _planned(file: Path, deploy: Path | None, data: Sequence[str]) -> PlanFile:
    read, spec = load_rollout(file)
    request = Request(spec.path, find_deploy(spec.path, deploy), (), data)
    with interrupts() as interrupt, counted() as tick:
        reviewed, planned, folder = review(request, interrupt, tick)
    if interrupt.number:
        folder.end(interrupted(interrupt.number))
        echo("interrupted: the plan is not complete, and no file is written", err=True)
        raise typer.Exit(interrupted(interrupt.number))
    folder.end(ExitCode.DONE)
    name = f"{time.strftime('%Y%m%d-%H%M', time.gmtime())}-{secrets.token_hex(2)}"
    rollout = freeze(
        read, spec, Identity(name, reviewed.sha256, str(spec.path.resolve()), reviewed.commit)
    )
    limited = spec.limits.rate is not None
    notes = tuple(cost.notes(rollout, reviewed, planned, images_limited=limited))
    return PlanFile(rollout=rollout, reviewed=reviewed, notes=notes)


def _show(
    rollout: Rollout,
    made: PlanFile | None,
    notes: Sequence[str],
    as_json: bool,
    as_markdown: bool,
) -> None:
    if as_json and made:
        echo(made.json_text().rstrip("\n"))
    elif as_json:
        echo(format_json({"schema": 1, **read_json(rollout_data(rollout))}))
    elif as_markdown:
        echo(plan_markdown(rollout, notes).rstrip("\n"))
    else:
        for line in (*plan_lines(rollout), *notes):
            echo(line)
