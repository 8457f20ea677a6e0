"""Scripts that wait for the next one: they go to the board together, in one command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.converge.command import Command
from jetfleet.converge.reading import Reading
from jetfleet.steps import Lost, NoAnswer, Refused, Result, Run, StepFailed, failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    RunScript = Callable[[str, str, int], Result]

_NAMED = 3
"""Titles that a command names."""


class HeldFailed(StepFailed):
    """A script that waited for others has failed; `owner` is whose it was."""

    def __init__(self, sentence: str, owner: str) -> None:
        super().__init__(sentence)
        self.owner = owner


@dataclass(frozen=True)
class _Script:
    owner: str
    step: Run


class Outbox:
    """What is held of the steps of one host.

    Parameters
    ----------
    with_remedy:
        Returns a failure with what to do about it.

    """

    def __init__(self, with_remedy: Callable[[str], str]) -> None:
        self.reading = Reading()
        self.before = ""
        self._held: list[_Script] = []
        self._with_remedy = with_remedy

    @property
    def holds(self) -> bool:
        """Whether a script waits for the next one."""
        return bool(self._held)

    def hold(self, owner: str, step: Run) -> None:
        """Let a script wait for the next one."""
        self._held.append(_Script(owner, step))

    def drop(self, owner: str) -> None:
        """Forget what is held of steps that have failed."""
        self._held = [one for one in self._held if one.owner != owner]

    def flush(self, run: RunScript, *, read: bool) -> None:
        """Send what is held; raise `HeldFailed` at the first script that fails."""
        if not self._held:
            return
        last = self._held.pop()
        try:
            result = self.send(run, last.step, last.owner, read=read)
        except Refused as error:
            raise HeldFailed(self._with_remedy(str(error)), last.owner) from error
        if not result.ok:
            reason = self._with_remedy(f"{last.step.title}: {failure(result)}")
            raise HeldFailed(reason, last.owner)

    def send(
        self, run: RunScript, step: Run, owner: str, *, read: bool = False, when: str = ""
    ) -> Result:
        """Send what is held, and a script behind it; return the result of that script.

        What others of the same owner have printed is added to `before`. The script has ended well
        too if the connection is lost while the board is read: its reading has no output then.

        Parameters
        ----------
        read:
            Whether the board is read behind it.
        when:
            Shell condition on which it is; empty without one.

        Raises
        ------
        HeldFailed
            A script that was held has failed, or the board has run none.
        Refused
            The script did not end, or did not run.

        """
        sent = [*self._held, _Script(owner, step)]
        self._held = []
        self.reading.output = None
        reading = self.reading if read or when else Reading()
        command = Command([one.step.script for one in sent], reading.script, when)
        name = _title([one.step for one in sent])
        seconds = sum(one.step.seconds for one in sent) + reading.seconds
        trouble: Refused | None = None
        try:
            result = run(command.script, name, seconds)
        except Refused as error:
            out = error.out if isinstance(error, (NoAnswer, Lost)) else ""
            result, trouble = Result(ok=False, out=out), error
        printed = command.printed(result.out)
        if len(printed) > len(sent):
            reading.output = None if trouble else printed.pop()
            result, trouble = replace(result, ok=True), None
        at = min(max(len(printed), 1), len(sent)) - 1
        result = _part(command, result, at)
        last = sent[at]
        why = str(trouble or f"{last.step.title}: {failure(result)}")
        why = why.replace(f"“{name}”", f"“{last.step.title}”")
        if at + 1 < len(sent):
            raise HeldFailed(self._with_remedy(why), last.owner) from trouble
        parts = zip(sent[:-1], printed, strict=False)
        self.before += "".join(text for one, text in parts if one.owner == owner)
        if trouble:
            trouble.args = (why,)
            raise trouble
        return result


def _part(command: Command, result: Result, at: int) -> Result:
    """Return a result with what one script of a command has printed."""
    out, err = (command.printed(stream)[at : at + 1] for stream in (result.out, result.err))
    return replace(result, out="".join(out), err=err[0] if err else result.err)


def _title(steps: Sequence[Run]) -> str:
    titles = list(dict.fromkeys(step.title for step in steps))
    named, more = titles[:_NAMED], len(titles) - _NAMED
    return "; ".join(named) + (f"; and {more} more" if more > 0 else "")
