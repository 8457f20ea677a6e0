"""`jetfleet rollout start` and `resume`: begin a rollout, and drive it from this computer."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from jetfleet.cli.echo import echo
from jetfleet.cli.rollout_driven import Driven, state_of
from jetfleet.cli.rollout_options import Json, Kept, Reason, opened, span
from jetfleet.cli.rollout_words import say
from jetfleet.errors import FleetError
from jetfleet.rollout import words
from jetfleet.rollout.cost import no_way_back
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.plan_file import plan_of, read_plan
from jetfleet.rollout.rebuild import rebuild
from jetfleet.rollout.store import About, InTheWay, Store, default_path
from jetfleet.rollout.unfinished import unfinished
from jetfleet.text import format_count
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.plan_file import PlanFile

Elsewhere = Annotated[
    Path | None, typer.Option("--spec", help="The spec here, if the plan was made elsewhere.")
]
Detach = Annotated[bool, typer.Option("--detach", help="Drive it in the background.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Stay for no soak and no window: end with 5, for CI.")
]
For = Annotated[
    int | None,
    typer.Option(
        "--for",
        parser=span,
        metavar="50m",
        help="Begin nothing new after that; the code is 5 then.",
    ),
]


def start(
    file: Annotated[Path, typer.Argument(help="The plan that `plan --from-boards -o` wrote.")],
    detach: Detach = False,
    again: Annotated[
        str, typer.Option("--again", help="Why a commit that was halted is rolled out again.")
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept-irreversible", help="Change hosts that no way leads back on.")
    ] = False,
    no_wait: NoWait = False,
    time_left: For = None,
    spec: Elsewhere = None,
    as_json: Json = False,
    store: Kept = None,
) -> None:
    """Begin a rollout, and drive it until it is over or a person is needed.

    Ctrl-C begins nothing new, and ends once no host is in work; a second one leaves at once. Both
    keep it for `resume`. Exit code: that of the rollout, 5 while it is not over, 8 if another is in
    the way.
    """
    plan = read_plan(file)
    driven = Driven(no_wait, time_left, spec, as_json)
    if not accept:
        _check_way_back(plan)
    if not again.strip():
        _check_taken_back(plan)
    with closing(Store(store or default_path())) as kept, _own_code():
        plan = plan.named({one.id for one in kept.rollouts()})
        driven.boards(plan)  # what is missing here is said before anything is begun
        kept.create(plan.rollout, About(who(), time.time(), plan.json_text()), again)
        echo(f"rollout {plan.rollout.id} is begun", err=True)
        raise typer.Exit(driven.detached(kept, plan) if detach else driven.run(kept, plan))


def resume(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Needed without an option that says which.")
    ] = None,
    scheduled: Annotated[
        bool,
        typer.Option("--scheduled", help="The one that is not over, if any; a pause stays."),
    ] = False,
    from_boards: Annotated[
        Path | None,
        typer.Option(
            "--from-boards",
            metavar="FILE",
            help="The store is lost: the plan that it was begun by; boards say the rest.",
        ),
    ] = None,
    reason: Reason = "",
    detach: Detach = False,
    no_wait: NoWait = False,
    time_left: For = None,
    spec: Elsewhere = None,
    as_json: Json = False,
    store: Kept = None,
) -> None:
    """End a pause, if there is one, and drive a rollout from where it stands.

    No wave is judged by it; with --from-boards all gates are read again. Exit code: as of `start`;
    with --scheduled 0 if there is nothing to drive.
    """
    if scheduled == (name is not None or from_boards is not None):
        raise FleetError(
            "it is not clear what is resumed: write the ID, or --scheduled, or --from-boards and "
            "the file of the plan"
        )
    if scheduled and detach:
        raise FleetError("a schedule comes again: leave --detach out")
    if scheduled and not (store or default_path()).exists():
        _nothing()
    driven = Driven(no_wait, time_left, spec, as_json)
    if from_boards:
        name = _rebuilt(driven, from_boards, name, store)
    with closing(opened(store)) as kept, _own_code():
        name = name or _unfinished(kept)
        rollout = kept.rollout(name)
        plan = plan_of(kept.file(name), f"the record of {name}")
        plan = plan.model_copy(update={"rollout": rollout})
        paused = not scheduled and bool(state_of(kept, rollout).paused)
        if paused:
            say(kept, name, reason, lambda state, _, said: words.resume(state, said))
        try:
            raise typer.Exit(driven.detached(kept, plan) if detach else driven.run(kept, plan))
        except InTheWay as error:
            if not paused:
                raise
            echo(f"the pause is over; {error}", err=True)
            raise typer.Exit(RolloutExit.NOT_OVER) from error


def _unfinished(kept: Store) -> str:
    found = list(unfinished(kept, time.time()))
    if found[1:]:
        raise FleetError(
            f"{' and '.join(found)} are not over: name one, or give each fleet a --store of its own"
        )
    return found[0] if found else _nothing()


def _nothing() -> NoReturn:
    echo("no rollout is to be resumed here", err=True)
    raise typer.Exit(RolloutExit.DONE)


def _rebuilt(driven: Driven, file: Path, name: str | None, store: Path | None) -> str:
    """Have a rollout in the store that was begun elsewhere; return its name."""
    plan = read_plan(file).as_begun(name)
    driven.boards(plan)  # what is missing here is said before anything is written
    with closing(Store(store or default_path())) as kept, _own_code():
        if rebuild(kept, plan, who(), time.time()):
            echo(
                f"rollout {plan.rollout.id} is rebuilt from its boards: each is read first",
                err=True,
            )
        else:
            echo(f"{kept.path} has the rollout {plan.rollout.id}: it goes on from there", err=True)
    return plan.rollout.id


@contextmanager
def _own_code() -> Iterator[None]:
    """End with the exit code of what is in the way, where that is it."""
    try:
        yield
    except InTheWay as error:
        echo(str(error), err=True)
        raise typer.Exit(RolloutExit.IN_THE_WAY) from error


def _check_taken_back(plan: PlanFile) -> None:
    """End with 8 if boards say that this commit was taken back from them: any store may be new."""
    taken = [one.host for one in plan.reviewed.hosts if one.taken_back]
    if taken:
        more = f" and {format_count(len(taken) - 1, 'more host')}" if taken[1:] else ""
        echo(
            f"this commit was taken back from {taken[0]}{more} by a rollout: change the spec, or "
            "start it with --again and the reason",
            err=True,
        )
        raise typer.Exit(RolloutExit.IN_THE_WAY)


def _check_way_back(plan: PlanFile) -> None:
    lost = no_way_back(plan.rollout, plan.reviewed)
    if lost:
        host, reason = next(iter(lost.items()))
        more = f", and {format_count(len(lost) - 1, 'more host')}" if len(lost) > 1 else ""
        raise FleetError(
            f"no way leads back on {host} ({reason}){more}: start it with "
            "--accept-irreversible, or see that there is one"
        )
