"""What a person says to a rollout: each command adds one event to its store."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode
from jetfleet.cli.rollout_options import Id, Kept, Reason, opened
from jetfleet.errors import FleetError
from jetfleet.rollout import words
from jetfleet.rollout.fold import fold
from jetfleet.spec.suggest import did_you_mean
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jetfleet.rollout.events import Event
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State
    from jetfleet.rollout.store import Store

    Made = Callable[[State, Rollout, words.Said], Event]

Wave = Annotated[str | None, typer.Option("--wave", help="The wave by its name.")]


def pause(name: Id, reason: Reason, store: Kept = None) -> None:
    """Begin nothing new for now; what is in work ends."""
    _said(store, name, reason, lambda state, _, said: words.pause(state, said))


def abort(name: Id, reason: Reason, store: Kept = None) -> None:
    """Give a rollout up: what is on the boards stays, and is surveyed."""
    _said(store, name, reason, lambda state, _, said: words.abort(state, said))


def judge(
    name: Id,
    reason: Reason,
    passed: Annotated[bool, typer.Option("--pass/--fail", help="The verdict.")],
    wave: Wave = None,
    store: Kept = None,
) -> None:
    """Judge the wave in work, which waits for it or is inconclusive; or fail it at any time."""

    def made(state: State, _: Rollout, said: words.Said) -> Event:
        number = state.active if wave is None else _number(state, wave)
        if number is None:
            raise FleetError("all waves have passed: there is nothing to judge")
        return words.judge(state, number, "pass" if passed else "fail", said)

    _said(store, name, reason, made)


def catch_up(name: Id, store: Kept = None) -> None:
    """Try all quarantined hosts again, through the same gates."""
    _said(store, name, "", lambda state, rollout, said: words.catch_up(state, rollout, (), said))


def retry(
    name: Id,
    reason: Reason,
    hosts: Annotated[list[str] | None, typer.Argument(help="After the last wave: these.")] = None,
    store: Kept = None,
) -> None:
    """Begin a failed or inconclusive wave again, its canary first; or try hosts again."""

    def made(state: State, rollout: Rollout, said: words.Said) -> Event:
        return words.catch_up(state, rollout, hosts, said) if hosts else words.retry(state, said)

    _said(store, name, reason, made)


def undo(
    name: Id,
    reason: Reason,
    wave: Wave = None,
    everything: Annotated[bool, typer.Option("--all", help="What all waves have changed.")] = False,
    store: Kept = None,
) -> None:
    """Halt a rollout, and take back what a wave or all of them have changed."""

    def made(state: State, rollout: Rollout, said: words.Said) -> Event:
        number = None if wave is None else _number(state, wave)
        return words.undo(state, rollout, number, said)

    if everything == (wave is not None):
        raise FleetError("what is taken back is not clear: write --wave and its name, or --all")
    _said(store, name, reason, made)


def _number(state: State, wave: str) -> int:
    names = [one.name for one in state.waves]
    if wave not in names:
        raise FleetError(f"there is no wave {wave}; {did_you_mean(wave, names)}")
    return names.index(wave)


def _said(store: Path | None, name: str, reason: str, made: Made) -> None:
    with closing(opened(store)) as kept:
        event = say(kept, name, reason, made)
    echo(
        f"{name}: {event.kind} is recorded; its controller acts on it. If none runs, "
        f"`jetfleet rollout resume {name}` drives it"
    )
    raise typer.Exit(ExitCode.DONE)


def say(kept: Store, name: str, reason: str, made: Made) -> Event:
    """Add the event that a word means now; where something was added meanwhile, ask again."""
    rollout = kept.rollout(name)
    added = None
    while added is None:
        happened = kept.events(rollout.id)
        seen = happened[-1][0] if happened else 0
        state = fold(rollout, (event for _, event in happened))
        event = made(state, rollout, words.Said(who(), reason, time.time()))
        added = kept.add(rollout, [event], seen=seen)
    return event
