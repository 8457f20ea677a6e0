"""Execute the steps of one resource: scripts, watches with their patience, reboots."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jetfleet.converge.board_trouble import board_trouble
from jetfleet.converge.command import Command
from jetfleet.converge.confirm import confirm
from jetfleet.converge.engine_hang import EngineHang
from jetfleet.converge.outbox import HeldFailed, Outbox
from jetfleet.converge.progress import Meter
from jetfleet.converge.reading import Reading
from jetfleet.converge.reboot import reboot
from jetfleet.converge.remote import QUERY_SECONDS
from jetfleet.converge.upload import upload
from jetfleet.steps import (
    Confirm,
    Lost,
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

    from jetfleet.converge.remote import Remote


@dataclass
class Executor:
    """Executes the steps of changes on one host, with as few round trips as possible.

    A script whose output nobody needs is held, and goes with the next one; `finish` sends what is
    left.

    Parameters
    ----------
    tell:
        Gets a line for people, at most each few seconds.
    note:
        Gets each progress, at most once a second.
    reboots:
        Holds a reboot back while too many other boards reboot.

    """

    remote: Remote
    tell: Callable[[str], None]
    note: Callable[[Progress], None] = lambda _: None
    reboots: AbstractContextManager[object] = field(default_factory=nullcontext)

    def __post_init__(self) -> None:
        self._outbox = Outbox(self.with_remedy)
        self._owner = ""

    def execute(self, steps: Steps, owner: str = "") -> bool:
        """Execute all steps; return whether one of them rebooted the board.

        Parameters
        ----------
        owner:
            Key of the resource that they change.

        Raises
        ------
        HeldFailed
            A script that was held has failed, of these steps or of others before them.
        StepFailed
            At the first step that fails; of a lost connection too.
        Refused
            The steps found a precondition that does not hold, and the board is as it was.

        """
        rebooted = False
        self._owner = owner
        try:
            step = next(steps)
            while True:
                rebooted = rebooted or isinstance(step, Reboot)
                try:
                    result = self._one(step)
                except HeldFailed:
                    steps.close()
                    raise
                except (Refused, StepFailed) as failure:
                    # Whatever turns a step away, the ones before it may have changed the board.
                    # The steps may know more of what failed, and what is still to be done.
                    step = steps.throw(StepFailed(str(failure)))
                else:
                    step = steps.send(result)
        except StopIteration:
            return rebooted

    @property
    def reading(self) -> Reading:
        """What reads the board in the round trip of the last script; its output is there then."""
        return self._outbox.reading

    @reading.setter
    def reading(self, reading: Reading) -> None:
        self._outbox.reading = reading

    @property
    def holds(self) -> bool:
        """Whether a script waits for the next one."""
        return self._outbox.holds

    def drop(self, owner: str) -> None:
        """Forget what is held of steps that have failed."""
        self._outbox.drop(owner)

    def finish(self) -> None:
        """Send what is held, with the reading; raise `HeldFailed` at the first that fails."""
        self._outbox.flush(self.remote.run, read=True)

    def _one(self, step: Step) -> Result:
        if isinstance(step, Run):
            return self._run(step)
        if isinstance(step, Watch):
            return self._watch(step)
        self._outbox.flush(self.remote.run, read=False)
        self.reading.output = None
        if isinstance(step, Upload):
            return self._upload(step)
        if isinstance(step, Confirm):
            return self._confirm(step)
        self.note(Progress(line=step.title))
        return reboot(step, self.remote, self.tell, self.reboots)

    def _upload(self, step: Upload) -> Result:
        try:
            return upload(step, self.remote, Meter(self.tell, self.note))
        except Refused as failure:
            raise StepFailed(self.with_remedy(str(failure))) from failure

    def _confirm(self, step: Confirm) -> Result:
        reading = self.reading if step.last else Reading()
        command = Command([step.script], reading.script)

        def pending(out: str) -> bool:
            return step.pending("".join(command.printed(out)[:1]))

        asked = replace(
            step, script=command.script, limit=step.limit + reading.seconds, pending=pending
        )
        result = confirm(asked, self.remote, self.tell)
        printed = command.printed(result.out)
        reading.output = printed[1] if printed[1:] else None
        return replace(result, out="".join(printed[:1]))

    def _run(self, step: Run) -> Result:
        if step.joined:
            self._outbox.hold(self._owner, step)
            return Result(ok=True)
        result = self._outbox.send(self.remote.run, step, self._owner)
        self._outbox.before = ""
        if not result.ok:
            raise StepFailed(self.with_remedy(f"{step.title}: {failure(result)}"))
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

        What a script that failed has printed is no answer, and is not judged. What its steps held
        goes with the first look, which is repeated alone if its connection is lost.
        """
        run = self.remote.run if self.holds else self.remote.query
        sent = Run(step.script, step.title, QUERY_SECONDS)
        try:
            result = self._outbox.send(run, sent, self._owner, when=step.ended)
        except Lost:
            return Result(ok=False), Progress(token=token)
        except NoAnswer as late:
            return Result(ok=False, err=str(late)), Progress(token=token, line=str(late))
        if not result.ok:
            return result, Progress(failed=f"{step.title}: {failure(result)}")
        result = replace(result, out=self._outbox.before + result.out)
        self._outbox.before = ""
        return result, step.judge(result.out)
