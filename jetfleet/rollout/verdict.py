"""The verdict on a wave: fail before inconclusive before pass; no data is never a pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout.actions import Judge
from jetfleet.rollout.outcomes import MEANING
from jetfleet.text import format_count

if TYPE_CHECKING:
    from jetfleet.rollout.rollout import Budgets, Rollout, Wave
    from jetfleet.rollout.state import ProbeState, State


@dataclass
class Tally:
    """The hosts of a wave, counted by what their outcomes mean."""

    members: int = 0
    ended: int = 0
    same: int = 0
    evidence: int = 0
    failed: int = 0
    quarantined: int = 0

    @property
    def tried(self) -> int:
        """Hosts that a percentage of failures is of: those tried, never all members."""
        return self.evidence


def tally(state: State, wave: Wave) -> Tally:
    """Count the hosts of a wave."""
    found = Tally(members=len(wave.hosts))
    for name in wave.hosts:
        host = state.hosts[name]
        if not host.outcome:
            continue
        meaning = MEANING[host.outcome]
        refused = wave.canary and host.outcome == "refused"  # a canary stands for its class
        found.ended += host.outcome != "unknown"
        found.same += host.outcome == "same"
        found.evidence += meaning.evidence or refused
        found.failed += meaning.failed or refused
        found.quarantined += meaning.quarantined
    return found


def too_many(share: str | int, failed: int, tried: int, at_least: int) -> bool:
    """Tell whether more than a share has failed; a percentage counts from `at_least` on."""
    if isinstance(share, int):
        return failed > share
    return failed >= at_least and failed * 100 > int(share.rstrip("%")) * tried


def failed_now(state: State, rollout: Rollout, number: int) -> Judge | None:
    """Return the verdict if the wave has failed already: the rest is not waited for."""
    wave, counted = state.waves[number], tally(state, state.waves[number])
    failed = counted.failed + _missed(state, number)
    share = rollout.budgets.canary if wave.canary else rollout.budgets.wave
    if not too_many(share, failed, counted.tried, rollout.budgets.at_least):
        return None
    return Judge(number, "fail", f"{format_count(failed, 'host')} of {counted.tried} tried failed")


def verdict(state: State, rollout: Rollout, number: int) -> Judge:
    """Return the verdict of a wave whose hosts have ended and whose gates have been read."""
    wave, counted = state.waves[number], tally(state, state.waves[number])
    probe = state.probes.get(number)
    why = _failure(wave, counted, probe, _missed(state, number))
    if why:
        return Judge(number, "fail", why)
    why = (
        _doubt(rollout.budgets, wave, counted)
        or _untried(state, rollout, number)
        or _unread(wave, counted, probe)
    )
    if why:
        return Judge(number, "inconclusive", why)
    if wave.person:
        return Judge(number, "ready", "its gates have passed: a person judges it")
    return Judge(number, "pass", f"{counted.evidence} changed, {counted.same} in sync before")


def to_probe(state: State, wave: Wave) -> tuple[str, ...]:
    """Return the hosts whose gates are read: those that have the change."""
    has = {"changed", "changed-before"}
    return tuple(name for name in wave.hosts if state.hosts[name].outcome in has)


def _missed(state: State, number: int) -> int:
    """Return how many hosts have missed a gate that each host keeps for itself."""
    wave, probe = state.waves[number], state.probes.get(number)
    if probe is None:
        return 0
    own = {gate.name for gate in wave.gates if not gate.measured}
    missed = {
        name
        for gate, read in probe.read.items()
        if gate in own and read.verdict == "fail"
        for name in read.hosts
    }
    return len(missed & set(to_probe(state, wave)))


def _failure(wave: Wave, counted: Tally, probe: ProbeState | None, missed: int) -> str:
    measured = {gate.name for gate in wave.gates if gate.measured}
    for gate, read in probe.read.items() if probe else ():
        if read.verdict == "fail" and (gate in measured or not read.hosts):
            return f"the gate {gate} failed"
    if counted.tried and counted.failed + missed >= counted.tried:
        return "every host that was tried failed"
    return ""


def _doubt(budgets: Budgets, wave: Wave, counted: Tally) -> str:
    """Return why the hosts do not tell enough of the change; empty if they do."""
    if wave.late:
        return ""  # what is still quarantined holds back nobody
    if counted.quarantined and too_many(
        budgets.unreachable, counted.quarantined, counted.members, 1
    ):
        return f"{counted.quarantined} of {format_count(counted.members, 'host')} are quarantined"
    wanted = counted.members - counted.same
    if counted.evidence * 100 < budgets.quorum * wanted:
        return f"{counted.evidence} of {format_count(wanted, 'host')} tell of the change"
    return ""


def _untried(state: State, rollout: Rollout, number: int) -> str:
    """Return which class a canary wave says nothing of, although later waves have hosts of it."""
    if not state.waves[number].canary:
        return ""
    later = {rollout.hosts[name].of_class for wave in state.waves[number + 1 :]
             for name in wave.hosts}  # fmt: skip
    shown: dict[str, bool] = {}
    for name in state.waves[number].hosts:
        of_class = rollout.hosts[name].of_class
        tells = MEANING[state.hosts[name].outcome].evidence
        shown[of_class] = shown.get(of_class, False) or tells
    missing = sorted(one for one, tells in shown.items() if not tells and one in later)
    return f"no host of the class {missing[0]} tells of the change" if missing else ""


def _unread(wave: Wave, counted: Tally, probe: ProbeState | None) -> str:
    if counted.evidence == counted.failed:
        return ""  # nothing to read a gate on
    for gate in wave.gates:
        read = probe.read.get(gate.name) if probe else None
        if read is None or read.verdict == "no-data":
            return f"the gate {gate.name} has no data"
    return ""
