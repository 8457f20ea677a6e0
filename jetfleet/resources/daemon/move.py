"""The move of an engine's data to another folder, with the settings that name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources.daemon import store
from jetfleet.resources.daemon.restart import STATE, settings_job
from jetfleet.steps import Progress, Refused, Run, Watch
from jetfleet.steps.program import run_program
from jetfleet.steps.transient import has_ended, read_look, transient_unit, watch_unit
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.resources.daemon.state import DaemonState
    from jetfleet.steps import Steps

UNIT = "jetfleet-docker-move"
_MODULES = (
    *("foreign_json.py", "entry.py", "place.py", "docker_stopped.py", "docker_settings.py"),
    *("tree.py", "docker_kept.py", "docker_move.py"),
)
# A program that was killed leaves Docker stopped.
_START = (
    "status=$?\nsystemctl -q start --no-block docker.socket docker.service 2>/dev/null\n"
    "exit $status\n"
)


@dataclass(frozen=True)
class Move:
    """A move from the folder that the engine has to the one of the spec."""

    old: str
    new: str


def move_of(actual: DaemonState, wanted: Mapping[str, Any]) -> Move | None:
    """Return the move that an engine needs; None if it has its folder already."""
    running = store.runs_with(actual)
    if not store.moves(wanted, running):
        return None
    return Move(store.root_of(running).rstrip("/") or "/", str(wanted["data-root"]).rstrip("/"))


def check_move(actual: DaemonState, wanted: Mapping[str, Any], *, allowed: bool) -> None:
    """Raise `Refused` for a move that is not possible as the board is.

    Parameters
    ----------
    allowed:
        Whether the spec asks for moves: else Docker must not start with a copy that may be old.

    """
    move = move_of(actual, wanted)
    if move is None:
        return
    if not allowed:
        if actual.copy:
            raise Refused(
                f"{move.new} has a copy of Docker's data from a move that was interrupted: write "
                "move: true under docker in the spec, and it is copied again, or remove the folder"
            )
        return
    if f"{move.new}/".startswith(f"{move.old}/") or f"{move.old}/".startswith(f"{move.new}/"):
        raise Refused(f"data cannot move from {move.old} to {move.new}, one is in the other")
    if actual.containerd_root:
        raise Refused(
            f"Docker keeps its images in containerd's image store, {actual.containerd_root}, which "
            "jetfleet does not move: leave move out of docker in the spec, and images are pulled "
            "again, or write daemon: {features: {containerd-snapshotter: true}} and no data_root"
        )
    if actual.filled == "moved":
        raise Refused(
            f"{move.new} has the data that were moved away from there: remove them with `jetfleet "
            "prune`, then apply again"
        )
    if actual.filled and not actual.copy:
        raise Refused(
            f"{move.new} has data already: move them away, or leave move out of docker in the "
            "spec, and the engine uses them"
        )


def move_notes(actual: DaemonState, move: Move) -> Iterator[str]:
    """Yield what a move does to a board."""
    size = sum(actual.contents.images)
    most = f" (images of at most {format_bytes(size)}, volumes and containers)" if size else ""
    yield (
        f"Docker's data are copied from {move.old} to {move.new}{most}: Docker and all its "
        f"containers are down meanwhile; {move.old} stays until `jetfleet prune`"
    )


def move_steps(
    move: Move,
    title: str,
    texts: tuple[str, str],
    items: Mapping[str, str] | None,
    *,
    enabled: bool,
) -> Steps:
    """Yield the steps of a move, which goes on when the connection is lost.

    Parameters
    ----------
    texts:
        The new daemon.json, and that of the board.
    items:
        What is noted of its lists, see `items_job`.
    enabled:
        Enable Docker's unit.

    """
    script = move_script(move, texts, items, enabled=enabled)
    yield Run(transient_unit(UNIT, title, script, private=True), title, joined=True)
    yield Watch(watch_unit(UNIT), title, _judge, patience=1800, ended=has_ended(UNIT))


def move_script(
    move: Move, texts: tuple[str, str], items: Mapping[str, str] | None = None, *, enabled: bool
) -> str:
    """Return the script of the unit; the parameters are those of `move_steps`."""
    job = {
        **settings_job(texts[0], items, enabled=enabled, restarted=True),
        "old": move.old,
        "new": move.new,
        "old_text": texts[1],
        "state": STATE,
    }
    return run_program(*_MODULES, job=job) + _START


def _judge(out: str) -> Progress:
    look = read_look(out, UNIT)
    last = look.lines[-1] if look.lines else ""
    if look.running:
        return Progress(token=last, line=last)
    if look.succeeded:
        return Progress(done=True)
    if not look.by_itself:
        return Progress(failed="the move of Docker's data was ended before it was done: run again")
    return Progress(
        failed=last or "the move of Docker's data failed: look at `journalctl -u " + UNIT
    )
