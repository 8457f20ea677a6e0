"""Gates that measure: the boards of one class together, and each board for itself.

One board that is surely too slow fails, also where its class as a whole is not. Boards that cannot
be compared are inconclusive, and the others decide about the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.rollout.gates.baseline import baseline
from jetfleet.rollout.gates.bounds import ENOUGH, Bounds
from jetfleet.rollout.gates.compared import Compared, figures_of, samples, sentence
from jetfleet.rollout.gates.interval import interval
from jetfleet.rollout.gates.key import changed
from jetfleet.rollout.gates.validity import invalid
from jetfleet.rollout.gates.verdict import Finding, Want

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.rollout.gates.baseline import Baseline
    from jetfleet.rollout.gates.bounds import Said
    from jetfleet.rollout.gates.evidence import Evidence
    from jetfleet.rollout.gates.interval import Interval, Runs
    from jetfleet.rollout.gates.probed import Probe, Record

BATCH = 5
"""Requests that are added at a time until a ratio is sure."""

_HALF = 0.5


@dataclass(frozen=True)
class Measured:
    """What a gate found on the boards of a class, and what could still decide it."""

    findings: tuple[Finding, ...]
    wants: tuple[Want, ...] = ()


class MeasuredGate:
    """One gate over the boards of one class."""

    def __init__(
        self, name: str, settings: Mapping[str, Any], records: Sequence[Record] = ()
    ) -> None:
        self.name = name
        self.service = str(settings["service"])
        self.bounds = Bounds.of(name, settings)
        self.records = records

    def judge(
        self, group: str, boards: Sequence[Evidence], controls: Sequence[Evidence]
    ) -> Measured:
        """Return what is found on the boards of a class.

        Parameters
        ----------
        controls:
            Boards of the same class that were not changed, measured in the same minutes.

        """
        findings: list[Finding] = []
        wants: list[Want] = []
        compared: list[Compared] = []
        for board in boards:
            record = board.probed.get(self.service)
            said = self._trouble(board, record)
            wants += self._wait(board, record)
            if said is not None or record is None:
                findings += [said] if said else []
                continue
            base = self._base(board, record)
            if base.kind is None:
                findings.append(self._found("inconclusive", board.host, reason=base.reason))
                continue
            compared.append(Compared(board.host, (record.values(self.name),), base))
        control = self._control(controls)
        more, decided = self._decide(group, compared, control)
        return Measured((*findings, *decided), (*wants, *more))

    def _trouble(self, board: Evidence, record: Record | None) -> Finding | None:
        """Return why the figures of a board do not count; None if they do."""
        if record is None:
            return self._found("inconclusive", board.host, reason="nothing was measured")
        if self.name == "load_seconds" and record.load_seconds is None:
            return self._found("inconclusive", board.host, reason="the load time is not known")
        if self.name == "load_seconds":
            return None
        probe, before = record.probe, board.probed_before.get(self.service)
        answered = len(probe.requests)
        if _rubbish(probe) and not (before and _rubbish(before.probe)):
            reason = f"{probe.rubbish} of {answered} answers are rubbish: {probe.example}"
            return self._found("fail", board.host, reason=reason)
        if probe.failed > answered:
            reason = f"{probe.failed} requests failed: {probe.error or 'without a reason'}"
            healthy = before is not None and before.probe.requests and not before.probe.failed
            return self._found("fail" if healthy else "inconclusive", board.host, reason=reason)
        reason = invalid(probe)
        if answered < self.bounds.least:
            reason = f"{answered} of {self.bounds.least} requests were answered"
            reason += f": {probe.error}" if probe.error else ""
            reason = "another client loads the server" if probe.disturbed else reason
        return self._found("inconclusive", board.host, reason=reason) if reason else None

    def _wait(self, board: Evidence, record: Record | None) -> Iterator[Want]:
        """Yield what is to be measured once the board is quiet, or answers."""
        if self.name == "load_seconds":
            return
        lacks = self.bounds.least - (len(record.probe.requests) if record else 0)
        if lacks > 0:
            busy = bool(record and record.probe.disturbed)
            yield Want(board.host, self.service, lacks, wait=busy)

    def _base(self, board: Evidence, record: Record) -> Baseline:
        before = board.probed_before.get(self.service)
        has_floor = self.bounds.floor is not None
        least = 1 if self.name == "load_seconds" else self.bounds.least
        good = [one for one in self.records if len(one.values(self.name)) >= least]
        if before is not None and 0 < len(before.values(self.name)) < least:
            before = None
        return baseline(self.name, record, before, good, floor=has_floor)

    def _control(self, controls: Sequence[Evidence]) -> Interval | None:
        """Return how the figures of unchanged boards moved; None without any."""
        pairs: list[tuple[Runs, Runs]] = []
        for one in controls:
            before, after = one.probed_before.get(self.service), one.probed.get(self.service)
            if before is None or after is None or changed(before.key, after.key):
                continue
            was, now = before.values(self.name), after.values(self.name)
            if was and now and not (invalid(before.probe) or invalid(after.probe)):
                pairs.append(((now,), (was,)))
        return interval(pairs) if pairs else None

    def _decide(
        self, group: str, compared: Sequence[Compared], control: Interval | None
    ) -> tuple[list[Want], list[Finding]]:
        findings: list[Finding] = []
        pooled: list[Compared] = []
        open_ones: list[Compared] = []
        for one in compared:
            ratio, said = self._alone(one)
            if said == "fail" or one.base.kind == "floor":
                findings.append(self._settled(one, said, ratio, control))
                open_ones += [] if said else [one]
            else:
                pooled.append(one)
        if pooled:
            ratio = interval([(one.after, one.base.runs) for one in pooled])
            said = self.bounds.says(ratio, samples(pooled))
            findings.append(self._together(group, pooled, said, ratio, control))
            open_ones += [] if said else pooled
        return list(self._more(open_ones)), findings

    def _alone(self, one: Compared) -> tuple[Interval, Said]:
        """Return what is sure of one board."""
        if one.base.kind == "floor":
            said, figures = self.bounds.says_of_figures(one.after)
            return figures, said
        ratio = interval([(one.after, one.base.runs)])
        return ratio, self.bounds.says(ratio, samples([one]))

    def _more(self, boards: Sequence[Compared]) -> Iterator[Want]:
        """Yield more requests for boards that are not decided; a start has only one figure."""
        for one in boards:
            left = self.bounds.most - sum(map(len, one.after))
            if left > 0 and self.name != "load_seconds":
                yield Want(one.host, self.service, min(BATCH, left))

    def _settled(
        self, one: Compared, said: Said, ratio: Interval, control: Interval | None
    ) -> Finding:
        figures = figures_of(ratio, [one], None if one.base.kind == "floor" else control)
        if said == "fail" and self._moved(ratio, control) and one.base.kind != "floor":
            return self._found("inconclusive", one.host, reason=_ROOM, figures=figures)
        if one.base.kind == "floor":
            word = "highest" if self.bounds.rises else "least"
            bound = f"{ratio.ratio:.4g}, and the {word} is {self.bounds.floor:g}"
        else:
            bound = sentence(ratio)
        return self._found(said or "inconclusive", one.host, reason=bound, figures=figures)

    def _together(
        self,
        group: str,
        boards: Sequence[Compared],
        said: Said,
        ratio: Interval,
        control: Interval | None,
    ) -> Finding:
        figures = figures_of(ratio, boards, control)
        reason = sentence(ratio)
        result = said or "inconclusive"
        if said == "fail" and self._moved(ratio, control):
            result, reason = "inconclusive", _ROOM
        elif said == "pass" and control and self.bounds.worse(ratio.ratio / control.ratio):
            result = "inconclusive"
            reason = f"{reason}; the boards that were not changed became better"
        elif not said:
            few = samples(boards) < ENOUGH
            reason += "; fewer than 3 figures cannot decide" if few else "; more than noise is open"
        host = boards[0].host if len(boards) == 1 else ""
        return self._found(result, host, group=group, reason=reason, figures=figures)

    def _moved(self, ratio: Interval, control: Interval | None) -> bool:
        """Tell whether the unchanged boards explain the change of the others."""
        return control is not None and not self.bounds.worse(ratio.ratio / control.ratio)

    def _found(self, result: Any, host: str = "", **more: Any) -> Finding:  # noqa: ANN401 - of Finding
        return Finding(self.name, result, host, service=self.service, **more)


_ROOM = "the boards that were not changed moved the same way: the cause is around them"


def _rubbish(probe: Probe) -> bool:
    return probe.rubbish > _HALF * len(probe.requests)
