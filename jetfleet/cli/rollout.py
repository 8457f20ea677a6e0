"""`jetfleet rollout`: its commands in the order of their use."""

from __future__ import annotations

import typer

from jetfleet.cli.rollout_drive import resume, start
from jetfleet.cli.rollout_plan import plan
from jetfleet.cli.rollout_status import status, watch
from jetfleet.cli.rollout_words import abort, catch_up, judge, pause, retry, undo

app = typer.Typer(help="Bring a change to a fleet in waves, and see how that stands.")
for _command in (
    plan, start, watch, status, pause, resume, judge, abort, catch_up, retry, undo,
):  # fmt: skip
    app.command()(_command)
