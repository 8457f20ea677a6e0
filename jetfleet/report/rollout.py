"""From a rollout and its events to the page that shows it: waves, hosts, gates, time line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

from jetfleet.report.page import Bar
from jetfleet.report.rollout_log import Line, log_of
from jetfleet.report.tone import tone
from jetfleet.rollout.describe import overall, standing
from jetfleet.rollout.exit_code import exit_of
from jetfleet.rollout.figures import figure_lines
from jetfleet.rollout.fold import fold
from jetfleet.rollout.outcomes import GOOD
from jetfleet.rollout.spans import Span, spans
from jetfleet.rollout.waits import waits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.rollout.events import Event, Judged
    from jetfleet.rollout.rollout import Rollout, Wave
    from jetfleet.rollout.state import State

_STAGES = {
    "stage": "fetch ahead", "apply": "change", "probe": "gates", "survey": "survey",
    "undo": "way back",
}  # fmt: skip


@dataclass(frozen=True)
class ShownGate:
    """A gate of a wave; `verdict` is empty as long as it was not read."""

    name: str
    verdict: str
    hosts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownHost:
    """A host of a wave, with what took time on it there."""

    name: str
    site: str
    of_class: str
    state: str
    detail: str
    attempt: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class ShownWave:
    """A wave; `stages` are what took time in it, over all of its hosts."""

    name: str
    kind: str
    verdict: str
    why: str
    by: str
    gates: tuple[ShownGate, ...]
    hosts: tuple[ShownHost, ...]
    stages: tuple[Bar, ...]


@dataclass(frozen=True)
class RolloutPage:
    """A whole rollout; times are in seconds since it began."""

    template: ClassVar[str] = "rollout.html"
    title: str
    about: tuple[tuple[str, str], ...]
    state: str
    why: str
    counts: dict[str, int]
    waits: tuple[str, ...]
    waves: tuple[ShownWave, ...]
    log: tuple[Line, ...]
    seconds: float
    well: tuple[str, ...] = tuple(sorted(GOOD))
    """States of hosts that need no look."""


def page_of_rollout(rollout: Rollout, happened: Sequence[Event], now: float) -> RolloutPage:
    """Return the page of a rollout as it stands at `now`, in seconds since 1970."""
    state = fold(rollout, happened)
    began = happened[0].at if happened else now
    until = max(began, state.last_event_at if state.ended else now)
    clock = _Clock(began, until, _by_wave(state, spans(happened)))
    return RolloutPage(
        title=f"Rollout {rollout.id}",
        about=tuple(_about(state, rollout)),
        state=overall(state),
        why=state.ended_why or state.halted or state.aborted or state.paused,
        counts=dict(Counter(standing(host) for host in state.hosts.values()).most_common()),
        waits=tuple(_waits(state, rollout, now)),
        waves=tuple(_wave(state, rollout, number, clock) for number in range(len(state.waves))),
        log=log_of(state, happened, began),
        seconds=until - began,
    )


@dataclass(frozen=True)
class _Clock:
    began: float
    until: float
    lasting: dict[int, list[Span]]

    def bar(self, title: str, outcome: str, begin: float, end: float | None) -> Bar:
        last = self.until if end is None else end
        return Bar(title, tone(outcome), begin - self.began, last - self.began)


def _by_wave(state: State, lasting: Sequence[Span]) -> dict[int, list[Span]]:
    """Return spans by their wave; the way back has none, and belongs to the last of its host."""
    last = {name: number for number, wave in enumerate(state.waves) for name in wave.hosts}
    found: dict[int, list[Span]] = {}
    for one in lasting:
        number = last.get(one.host, -1) if one.wave < 0 else one.wave
        found.setdefault(number, []).append(one)
    return found


def _about(state: State, rollout: Rollout) -> Iterator[tuple[str, str]]:
    yield "spec", rollout.fleet
    if rollout.commit:
        yield "commit", rollout.commit
    yield "plan", rollout.plan
    yield "hosts", str(len(rollout.hosts))
    if state.began_at:
        yield "began", _time(state.began_at)
    if state.ended:
        yield "ended", _time(state.ended_at)
    yield "exit status", str(int(exit_of(state)))


def _waits(state: State, rollout: Rollout, now: float) -> Iterator[str]:
    for wait in waits(state, rollout, now):
        yield f"{wait.what}{f', until {_time(wait.until)}' if wait.until else ''}"


def _wave(state: State, rollout: Rollout, number: int, clock: _Clock) -> ShownWave:
    wave, judged = state.waves[number], state.verdicts.get(number)
    mine = clock.lasting.get(number, [])
    of_host: dict[str, list[Span]] = {}
    for one in mine:
        of_host.setdefault(one.host, []).append(one)
    in_work = number == state.active and not state.ended
    return ShownWave(
        name=wave.name,
        kind="canary" if wave.canary else "catch-up" if wave.late else "",
        verdict=judged.verdict if judged else "in work" if in_work else "",
        why=judged.why if judged else "",
        by=judged.by if judged else "",
        gates=tuple(_gates(state, number, wave)),
        hosts=tuple(_host(state, rollout, one, of_host.get(one, ()), clock) for one in wave.hosts),
        stages=tuple(sorted(_stages(mine, judged, clock), key=lambda bar: (bar.begin, bar.end))),
    )


def _gates(state: State, number: int, wave: Wave) -> Iterator[ShownGate]:
    probe = state.probes.get(number)
    for gate in wave.gates:
        read = probe.read.get(gate.name) if probe else None
        if read is None:
            yield ShownGate(gate.name, "")
        else:
            yield ShownGate(gate.name, read.verdict, read.hosts, tuple(figure_lines(read.figures)))


def _host(
    state: State, rollout: Rollout, name: str, mine: Sequence[Span], clock: _Clock
) -> ShownHost:
    member, host = rollout.hosts[name], state.hosts[name]
    bars = (
        clock.bar(
            f"{_STAGES[one.purpose]}: {one.outcome or 'in work'}",
            one.outcome or "in work", one.began, one.ended,
        )
        for one in mine
    )  # fmt: skip
    was = f"was {host.outcome}" if host.undo else ""
    detail = ": ".join(filter(None, (was, host.detail)))
    return ShownHost(
        name, member.site, member.of_class, standing(host), detail, host.attempt, tuple(bars)
    )


def _stages(mine: Sequence[Span], judged: Judged | None, clock: _Clock) -> Iterator[Bar]:
    """Yield each stage from the begin on the first host to the end on the last one."""
    ends: list[float] = []
    for purpose, title in _STAGES.items():
        some = [one for one in mine if one.purpose == purpose]
        if not some:
            continue
        begin = some[0].began
        if purpose == "probe" and ends and begin > max(ends):
            yield clock.bar("soak", "", max(ends), begin)
        open_ = any(one.ended is None for one in some)
        end = None if open_ else max(one.ended or 0 for one in some)
        yield clock.bar(title, "in work" if open_ else _worst(some), begin, end)
        if purpose == "apply" and end is not None:
            ends = [end]
    if judged:
        yield clock.bar("verdict", judged.verdict, judged.at, judged.at)


def _worst(some: Sequence[Span]) -> str:
    order = ("bad", "caution", "unreachable")
    tones = {tone(one.outcome): one.outcome for one in some}
    return next((tones[one] for one in order if one in tones), some[-1].outcome)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
