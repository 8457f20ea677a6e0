"""What people say to a rollout: each as the event of it, or refused with what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jetfleet.errors import FleetError
from jetfleet.rollout import events
from jetfleet.rollout.decide import late_hosts
from jetfleet.spec.suggest import did_you_mean
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State


_LONGEST = 1000
"""Characters of a reason that are kept."""


@dataclass(frozen=True)
class Said:
    """Who says something, why, and when (seconds since 1970)."""

    by: str
    reason: str
    at: float


def pause(state: State, said: Said) -> events.Event:
    """Return the word that nothing new is to be sent for now."""
    _not_over(state, "pause")
    return events.Paused(said.at, said.by, _given(said))


def resume(state: State, said: Said) -> events.Event:
    """Return the word that ends a pause; it judges nothing."""
    _not_over(state, "resume")
    number = state.active
    judged = state.verdicts.get(number) if number is not None else None
    if not state.paused and number is not None and judged is not None:
        wave = state.waves[number].name
        raise FleetError(
            f"wave {wave} is {judged.verdict} ({judged.why}), and not paused: whether it goes on "
            f"is a judgement, so write judge --wave {wave} --pass or --fail, with --reason"
        )
    if not state.paused:
        raise FleetError("the rollout is not paused: status shows what it waits for")
    return events.Resumed(said.at, said.by, said.reason)


def abort(state: State, said: Said) -> events.Event:
    """Return the word that gives the rollout up; what is on the boards stays."""
    _not_over(state, "abort")
    return events.Aborted(said.at, said.by, _given(said))


def judge(state: State, wave: int, verdict: Literal["pass", "fail"], said: Said) -> events.Event:
    """Return a person's verdict on the wave in work, which needs a reason."""
    _not_over(state, "judge")
    if wave != state.active or state.halted:
        name = state.waves[wave].name
        raise FleetError(f"wave {name} is not in work: status shows which one is")
    judged = state.verdicts.get(wave)
    if verdict == "pass" and judged is None:
        name = state.waves[wave].name
        raise FleetError(f"wave {name} is not over: only its failure can be judged before that")
    return events.Judged(said.at, wave, verdict, _given(said), said.by)


def catch_up(state: State, rollout: Rollout, hosts: Sequence[str], said: Said) -> events.Event:
    """Return the word that tries hosts again; without any, all that are quarantined."""
    if state.active is not None or state.halted or state.aborted:
        raise FleetError("a catch-up comes after the last wave: until then, retry the wave")
    for name in hosts:
        if name not in rollout.hosts:
            raise FleetError(f"{name} is not in this rollout; {did_you_mean(name, rollout.hosts)}")
    chosen = tuple(hosts) or late_hosts(state)
    if not chosen:
        raise FleetError("no host is quarantined: there is nothing to catch up")
    return events.CatchUp(said.at, said.by, chosen)


def retry(state: State, said: Said) -> events.Event:
    """Return the word that begins the wave in work again, with its canary."""
    number = state.active
    if number is None or number not in state.verdicts or state.aborted:
        raise FleetError("no wave has failed or is inconclusive: there is nothing to retry")
    if state.halted and not state.ended:
        raise FleetError("hosts are being taken back: retry once that is over")
    return events.Retried(said.at, said.by, _given(said), number)


def undo(state: State, rollout: Rollout, wave: int | None, said: Said) -> events.Event:
    """Return the word that takes back what a wave has changed; without a wave, what all have."""
    if state.aborted and not state.ended:
        raise FleetError("its hosts are being surveyed after the abort: undo once that is over")
    hosts = tuple(rollout.hosts) if wave is None else state.waves[wave].hosts
    return events.Halted(said.at, _given(said), hosts, said.by)


def _not_over(state: State, word: str) -> None:
    if state.ended or state.aborted:
        how = state.ended or "being aborted"
        raise FleetError(f"the rollout is {how}: there is nothing to {word}")


def _given(said: Said) -> str:
    if not said.reason.strip():
        raise FleetError("no reason is given: write --reason with what the next reader has to know")
    return printable(" ".join(said.reason.split()))[:_LONGEST]
