"""Execute the steps of one resource: scripts, watches with their patience, reboots."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.converge.board_trouble import board_trouble
from jetfleet.converge.confirm import confirm
from jetfleet.converge.engine_hang import EngineHang
from jetfleet.converge.progress import Meter
from jetfleet.converge.reboot import reboot
from jetfleet.converge.upload import upload
from jetfleet.steps import (
    Confirm,
    NoAnswer,
    Progress,
    Reboot,
    Refused,
    Result,
    Run,
    Step,
    StepFailed,
    Steps,
    Upload,
    Watch,
    failure,
)
from jetfleet.steps.readiness import without_guess
from jetfleet.steps.remedy import remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.converge.reading import Reading
    from jetfleet.converge.remote import Remote


@dataclass(frozen=True)
class Executor:
    """Executes steps on one host.

    Parameters
    ----------
    tell:
        Gets a line for people, at most each few seconds.
    note:
        Gets each progress, at most once a second.
    reboots:
        Holds a reboot back while too many other boards reboot.
    reading:
        Comes with the last script.

    """

    remote: Remote
    tell: Callable[[str], None]
    note: Callable[[Progress], None] = lambda _: None
    reboots: AbstractContextManager[object] = field(default_factory=nullcontext)
    reading: Reading | None = None

    def execute(self, steps: Steps) -> bool:
        """Execute all steps; return whether one of them rebooted the board.

        Raises
        ------
        StepFailed
            At the first step that fails; of a lost connection too.
        Refused
            The steps found a precondition that does not hold, and the board is as it was.

        """
        rebooted = False
        try:
            step = next(steps)
            while True:
                rebooted = rebooted or isinstance(step, Reboot)
                try:
                    result = self._one(step)
                except (Refused, StepFailed) as failure:
                    # Whatever turns a step away, the ones before it may have changed the board.
                    # The steps may know more of what failed, and what is still to be done.
                    step = steps.throw(StepFailed(str(failure)))
                else:
                    step = steps.send(result)
        except StopIteration:
            return rebooted

    def _one(self, step: Step) -> Result:
        if isinstance(step, Run):
            return self._run(step)
        if isinstance(step, Watch):
            return self._watch(step)
        if isinstance(step, Upload):
            return self._upload(step)
        if isinstance(step, Confirm):
            return confirm(step, self.remote, self.tell)
        self.note(Progress(line=step.title))
        return reboot(step, self.remote, self.tell, self.reboots)

    def _upload(self, step: Upload) -> Result:
        try:
            return upload(step, self.remote, Meter(self.tell, self.note))
        except Refused as failure:
            raise StepFailed(self.with_remedy(str(failure))) from failure

    def _run(self, step: Run) -> Result:
        reading = self.reading if step.last else None
        sent = reading.after(step) if reading else step
        result = self.remote.run(sent.script, sent.title, sent.seconds)
        if not result.ok:
            raise StepFailed(self.with_remedy(f"{step.title}: {failure(result)}"))
        if reading:
            reading.output = result.out
        return result

    def _watch(self, step: Watch) -> Result:
        result, failed = self._watched(step)
        failed = self.with_remedy(failed)
        if failed and step.fatal:
            raise StepFailed(failed)
        return Result(ok=False, out=result.out, err=failed) if failed else result

    def with_remedy(self, failed: str) -> str:
        """Return a failure with what is wrong with the board, or what to do about it."""
        trouble = board_trouble(failed, self.remote.query) if failed else ""
        if trouble:
            return f"{without_guess(failed)}; {trouble}"
        known = remedy(failed)
        return f"{failed}; {known}" if known else failed

    def _watched(self, step: Watch) -> tuple[Result, str]:
        """Return the last result, and why the wait has failed; empty if it has not."""
        token, since, meter = "", time.monotonic(), Meter(self.tell, self.note)
        hang = EngineHang(step.title, self.remote.query)
        while True:
            result, progress = self._look(step, token)
            if progress.done or progress.failed:
                if progress.done and progress.line:
                    self.tell(progress.line)
                return result, progress.failed
            if hung := hang.sentence():
                return result, f"{step.title}: {hung}"
            now = time.monotonic()
            if progress.token != token:
                token, since = progress.token, now
            elif now - since > step.patience:
                last = f", the last was: {progress.line}" if progress.line else ""
                return result, (
                    f"{step.title}: nothing has moved for {step.patience:.0f} seconds{last}"
                )
            meter.show(progress)

    def _look(self, step: Watch, token: str) -> tuple[Result, Progress]:
        """Run the script of a watch once; one that does not answer in time shows no progress.

        What a script that failed has printed is no answer, and is not judged.
        """
        try:
            result = self.remote.query(step.script, step.title)
        except NoAnswer as late:
            return Result(ok=False, err=str(late)), Progress(token=token, line=str(late))
        if not result.ok:
            return result, Progress(failed=f"{step.title}: {failure(result)}")
        return result, step.judge(result.out)
