"""Read and measure the boards of a wave, and judge them until nothing could decide more.

A gate that was not read is ``no-data``, which is never a pass: a person judges the wave.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.rollout.events import GateRead
from jetfleet.rollout.gates.evidence import RESERVE, Evidence, Wave
from jetfleet.rollout.gates.judge import judge
from jetfleet.rollout.gates.records import kept
from jetfleet.rollout.here.around import keep_record, only_read
from jetfleet.rollout.here.batch import Batch
from jetfleet.rollout.here.needs import Needs
from jetfleet.rollout.here.question import Measure, Question
from jetfleet.rollout.here.readings import Reading, latest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.gates.verdict import Verdict, Want
    from jetfleet.rollout.here.ask import Target
    from jetfleet.rollout.here.batch import Runs
    from jetfleet.rollout.here.folder import TaskFolder
    from jetfleet.rollout.here.reports import TaskReports

ROUNDS = 8
"""How often boards are asked at most: five requests at a time make thirty in six rounds."""

WITHIN = 900.0
"""Seconds after which nothing more is asked; what is open then stays undecided."""

WAIT = 10.0
"""Seconds before a board is read again whose service is still loading."""

_LONG_WAIT = 60
"""Seconds that a probe waits for other clients, where it has met one before."""

_MOST, _LONGEST = 5, 300
"""How many boards, and figures, a gate tells of, and how much of each reason."""


@dataclass
class Probing:
    """Reads the gates of a task.

    Parameters
    ----------
    targets:
        The commit that is on each board: of those of the wave the new one, of controls their own.

    """

    task: Task
    folder: TaskFolder
    runs: Runs
    reports: TaskReports
    targets: Mapping[str, Target]
    within: float = WITHIN
    _found: dict[str, Reading] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Find what the gates need."""
        self._needs = Needs.of(self.task.gates)
        self._end = time.monotonic() + self.within

    def reads(self) -> Iterator[GateRead]:
        """Yield what each gate says of the wave; boards that say nothing hold up no others."""
        verdict = self._verdict()
        for gate in self.task.gates:
            yield self._read(gate.name, verdict)
        if verdict.result == "pass":
            records = [one for host in self.task.hosts for one in self._records(host)]
            for record in records:
                keep_record(self.folder.baselines(self.task), record)

    def _verdict(self) -> Verdict:
        asks = dict.fromkeys(self.task.hosts, self._needs.first)
        if self._needs.measures:
            beside = Question(compares=True, measures=self._needs.measures)
            asks |= dict.fromkeys(self.task.controls, beside)
        baselines = kept(self.folder.baselines(self.task))
        for _ in range(ROUNDS):
            self._ask(asks)
            boards, controls = self._evidence(self.task.hosts), self._unchanged()
            verdict = judge(self._needs.gates, Wave(boards, controls, baselines))
            asks = dict(self._more(verdict.wants))
            asks |= self._beside(asks, [one.host for one in controls])
            if not asks or time.monotonic() >= self._end:
                break
            if not all(one.measures for one in asks.values()):
                time.sleep(max(0.0, min(WAIT, self._end - time.monotonic())))
        return verdict

    def _ask(self, asks: Mapping[str, Question]) -> None:
        """Ask boards, and add what they say to what is known."""
        works = {
            name: only_read(self.targets[name], question)
            for name, question in asks.items()
            if name in self.targets
        }
        self.reports.ends.clear()
        Batch(self.runs, self.reports, works, within=self._end - time.monotonic()).run()
        for name in asks:
            ended = self.reports.ends.get(name)
            found = ended.data.get("reading") if ended else None
            if not isinstance(found, Reading):
                self._silent.add(name)
            else:
                was = self._found.get(name)
                self._found[name] = was.joined(found) if was else found

    def _more(self, wants: Iterable[Want]) -> Iterator[tuple[str, Question]]:
        """Yield what boards are asked next; one that said nothing is not asked again."""
        by_host: dict[str, list[Want]] = {}
        for want in wants:
            if want.host not in self._silent:
                by_host.setdefault(want.host, []).append(want)
        tokens = {one.service: one.tokens for one in self._needs.measures}
        for host, some in by_host.items():
            measures = tuple(
                Measure(
                    service=one.service,
                    requests=one.requests,
                    tokens=tokens[one.service],
                    wait=_LONG_WAIT if one.wait else Measure.model_fields["wait"].default,
                )
                for one in some
                if one.requests and one.service in tokens
            )
            # A service that was still loading may answer by now.
            state = any(one.wait for one in some)
            yield host, Question(state=state, measures=measures)

    def _beside(self, asks: Mapping[str, Question], controls: Iterable[str]) -> dict[str, Question]:
        """Return what controls are asked in the same minutes: what boards of the wave are."""
        measured = {one.service for question in asks.values() for one in question.measures}
        some = tuple(one for one in self._needs.measures if one.service in measured)
        beside = Question(state=False, measures=some)
        return {name: beside for name in controls if some and name not in self._silent}

    def _unchanged(self) -> list[Evidence]:
        """Return the controls that still are as before the rollout, by their own survey.

        One that a person has changed meanwhile says nothing of the room that it is in.
        """
        return [one for one in self._evidence(self.task.controls) if one.differences == ()]

    def _evidence(self, hosts: Iterable[str]) -> list[Evidence]:
        return [self._of(host) for host in hosts]

    def _of(self, host: str) -> Evidence:
        applies = self.folder.applies(self.task)
        before, ready = (latest(applies, moment, host) for moment in ("before", "ready"))
        now = self._found.get(host)
        measured = tuple(one.service for one in self._needs.measures)
        spec: dict[str, Any] = {}
        if now and now.disks:
            spec["reserve"] = dict.fromkeys(now.disks, RESERVE)
        if now and now.patience:
            spec["deadline"] = now.patience
        return Evidence(
            host,
            self.task.classes.get(host, ""),
            now.services if now else measured,
            before=before.state if before else None,
            ready=ready.state if ready else None,
            now=now.state if now else None,
            differences=now.differences if now else None,
            probed_before=before.records if before else {},
            probed=now.records if now else {},
            **spec,
        )

    def _records(self, host: str) -> Iterable[Any]:
        return self._found[host].records.values() if host in self._found else ()

    def _read(self, gate: str, verdict: Verdict) -> GateRead:
        findings = [one for one in verdict.findings if one.gate == gate]
        result, hosts, reason = verdict.of_gate(gate)
        deciding = [one for one in findings if one.result == result]
        reasons = {one.host: one.reason[:_LONGEST] for one in deciding if one.host and one.reason}
        figures: dict[str, Any] = {}
        if reason and result != "pass":
            figures["reason"] = reason[:_LONGEST]
        if reasons and result != "pass":
            figures["reasons"] = dict(list(reasons.items())[:_MOST])
        shown = [dict(one.figures) for one in deciding if one.figures][:_MOST]
        if shown:
            figures["figures"] = shown
        missed = hosts if findings else self.task.hosts
        said = {"fail": "fail", "pass": "pass"}.get(result, "no-data")
        return GateRead(
            time.time(), self.task.wave, self.task.id, gate, said,  # type: ignore[arg-type]
            () if said == "pass" else missed, figures,
        )  # fmt: skip
