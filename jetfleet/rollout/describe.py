"""A rollout as plain values, for JSON: waves, gates, hosts, and what is waited for."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jetfleet.rollout.exit_code import exit_of
from jetfleet.rollout.outcomes import GOOD
from jetfleet.rollout.waits import waits

if TYPE_CHECKING:
    from jetfleet.rollout.rollout import Rollout, Wave
    from jetfleet.rollout.state import HostState, State

_IN_WORK = {
    "apply": "in-work",
    "undo": "being-taken-back",
    "survey": "being-surveyed",
    "stage": "being-staged",
}


def described(state: State, rollout: Rollout, now: float) -> dict[str, Any]:
    """Return the rollout as JSON values (schema 1, docs/formats.md)."""
    return {
        "schema": 1,
        "id": rollout.id,
        "fleet": rollout.fleet,
        "plan": rollout.plan,
        "commit": rollout.commit,
        "state": overall(state),
        "why": state.ended_why or state.halted or state.aborted or state.paused,
        "exit": int(exit_of(state)),
        "rebuilt": bool(state.rebuilt_at),
        "waves": [_wave(state, number, wave) for number, wave in enumerate(state.waves)],
        "hosts": [_host(state, rollout, name) for name in rollout.hosts],
        "waits": [asdict(wait) for wait in waits(state, rollout, now)],
    }


def overall(state: State) -> str:
    """Return how a rollout stands, in a word."""
    if state.ended:
        return state.ended
    if state.aborted:
        return "aborting"
    if state.halted:
        return "halting"
    if state.paused:
        return "paused"
    number = state.active
    judged = state.verdicts.get(number) if number is not None else None
    return judged.verdict if judged else "running"


def standing(host: HostState) -> str:
    """Return how a host stands, in a word: what is done with it, or how it ended."""
    if host.purpose is not None:
        return _IN_WORK[host.purpose]
    return host.undo or host.outcome or "waiting"


def counts(state: State, wave: Wave) -> dict[str, int]:
    """Return how many hosts of a wave stand how, the most frequent first."""
    return dict(Counter(standing(state.hosts[name]) for name in wave.hosts).most_common())


def missing(state: State) -> list[str]:
    """Return the hosts that have been tried and do not have the change, the taken back too."""
    return [
        name
        for name, host in state.hosts.items()
        if host.undo or (host.outcome and host.outcome not in GOOD)
    ]


def _wave(state: State, number: int, wave: Wave) -> dict[str, Any]:
    judged, probe = state.verdicts.get(number), state.probes.get(number)
    return {
        "name": wave.name,
        "canary": wave.canary,
        "hosts": list(wave.hosts),
        "counts": counts(state, wave),
        "verdict": judged.verdict if judged else None,
        "why": judged.why if judged else "",
        "by": judged.by if judged else "",
        "gates": [
            {"gate": read.gate, "verdict": read.verdict, "hosts": list(read.hosts),
             "figures": read.figures}
            for read in (probe.read.values() if probe else ())
        ],
    }  # fmt: skip


def _host(state: State, rollout: Rollout, name: str) -> dict[str, Any]:
    member, host = rollout.hosts[name], state.hosts[name]
    return {
        "name": name,
        "site": member.site,
        "class": member.of_class,
        "state": standing(host),
        "outcome": host.outcome or None,
        "detail": host.detail,
        "attempt": host.attempt,
        "undo": host.undo or None,
    }
