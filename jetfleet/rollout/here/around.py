"""What is read of a host right before and right after its change, for the gates of its wave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.rollout.gates import records
from jetfleet.rollout.here.ask import Answer, Ask, Ended
from jetfleet.rollout.here.question import Question
from jetfleet.rollout.here.readings import Reading, keep
from jetfleet.rollout.here.steps import converged, still_different

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from jetfleet.rollout.gates.probed import Record
    from jetfleet.rollout.here.ask import Steps, Target
    from jetfleet.rollout.here.folder import TaskFolder
    from jetfleet.rollout.here.needs import Needs
    from jetfleet.rollout.here.readings import Moment
    from jetfleet.rollout.here.steps import Step


def read(target: Target, question: Question) -> Generator[Ask, Answer, Reading | None]:
    """Read a host; None if it said nothing. A run that broke off is tried once more, alone."""
    answer = yield Ask("read", target, question=question)
    if answer.run.read is None and not answer.whole and not answer.unreachable:
        answer = yield Ask("read", target, question=question, alone=True)
    found = answer.run.read
    if found is None or not (found.services or found.state or found.records):
        return None
    return Reading.of(found)


def only_read(target: Target, question: Question) -> Steps:
    """Read a host, and say so: the reading is in the data, unless nothing came back."""
    found = yield from read(target, question)
    return Ended("read", data={"reading": found} if found else {})


@dataclass
class Around:
    """The readings around the change of one host; they never hold up the change.

    Parameters
    ----------
    earlier:
        The commit that is on the host, by whose spec it is measured; None: nobody knows one.
    baselines:
        Folder of the records of all rollouts.
    data:
        What was read, for the report of the task.

    """

    host: str
    needs: Needs
    earlier: Target | None
    folder: TaskFolder
    baselines: Path
    data: dict[str, Any] = field(default_factory=dict)

    def before(self, target: Target) -> Generator[Ask, Answer, None]:
        """Read the host before its first change."""
        if not self.needs.before:
            return
        # What a spec that is not on the board wants could not be measured on it.
        measures = self.needs.measures if self.earlier else ()
        found = yield from read(self.earlier or target, Question(measures=measures))
        self._keep("before", found)
        for record in found.records.values() if found else ():
            keep_record(self.baselines, record)

    def ready(self, target: Target) -> Step:
        """Plan the host again, and read it in the same round trip."""
        if not self.needs.ready:
            return (yield from converged(target))
        found = yield from read(target, Question(compares=True))
        self._keep("ready", found)
        if found is None or found.differences is None:
            return (yield from converged(target))
        return still_different(found.differences)

    def _keep(self, moment: Moment, reading: Reading | None) -> None:
        if reading is None:
            return
        self.data[moment] = reading.reported
        try:
            keep(self.folder, moment, self.host, reading)
        except (FleetError, OSError) as error:
            self.data[moment] = {"not_kept": str(error)}


def keep_record(folder: Path, record: Record) -> None:
    """Keep a record as a baseline; one that cannot be written is missing later, and no more."""
    try:
        records.keep(folder, record)
    except (FleetError, OSError) as error:
        print(f"{record.host}: what was measured cannot be kept: {error}")  # noqa: T201 - the log
