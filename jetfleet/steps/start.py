"""Starting a service again, and going back to its last ready settings if it does not get ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.steps import Progress, Result, Run, Step, StepFailed, Steps, Watch
from jetfleet.steps.last_ready import put_back
from jetfleet.steps.program import run_shell
from jetfleet.steps.readiness import Readiness, poll_script
from jetfleet.steps.shell import words
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_TAKEN = "taken: "


@dataclass(frozen=True)
class Start:
    """One start of a service.

    Parameters
    ----------
    written:
        Paths of its files.
    patience:
        Seconds without any progress after which waiting for readiness ends.
    rollback:
        Whether its last ready settings are put back if it does not get ready with other ones.

    """

    name: str
    unit: str
    title: str
    written: tuple[str, ...]
    patience: float
    rollback: bool

    @property
    def script(self) -> str:
        """Script that starts it again, unless a foreign process has its port; see `steps`."""
        return run_shell("start.sh", self.name, self.unit)

    def steps(self, script: str) -> Steps:
        """Start it and wait until it is ready; if it does not get so, go back, and fail.

        Parameters
        ----------
        script:
            Prints in a line what `script` does; of a start that is left alone, how often systemd
            has restarted the unit.

        Raises
        ------
        StepFailed
            It does not get ready; the text says what runs now.

        """
        yield Run(script, self.title, joined=True)
        result = yield self._wait(_Started(self).progress)
        if result.ok:
            return
        try:
            then = yield from self._go_back()
        except StepFailed as error:
            then = f"Whether its previous settings are back is not known: {error}"
        raise StepFailed(f"{result.err}\n  {then}")

    def readiness(self, restarts: str) -> Readiness:
        """Return what judges its polls; `restarts` is how often systemd has restarted the unit."""
        return Readiness(self.name, self.unit, read_count(restarts.strip() or "0"))

    def _wait(self, judge: Callable[[str], Progress]) -> Watch:
        return Watch(
            poll_script(self.name, self.unit, self.patience),
            self.title,
            judge,
            self.patience,
            fatal=False,
            ended=f'[ "$(systemctl show -p ActiveState --value {words([self.unit])})" = active ]',
        )

    def _go_back(self) -> Generator[Step, Result, str]:
        """Put the last ready settings back if they differ; return the sentence for the person."""
        if not self.rollback:
            return "It stays as it is, because its on_failure is keep."
        done = yield Run(put_back(self.name, self.unit, self.written), f"Put {self.name} back")
        word, _, more = done.out.strip().partition(" ")
        if word != "back":
            return self._not_back(word, more)
        again = yield self._wait(self.readiness(more).progress)
        if again.ok:
            return f"The old {self.name} is back with its previous settings, and ready."
        return (
            "The previous settings were put back, but it does not become ready with them either: "
            f"{again.err}"
        )

    def _not_back(self, word: str, reason: str) -> str:
        """Return the sentence for a program that started nothing, by the word that it printed."""
        known = {
            "none": f"{self.name} was never ready on this board: there is nothing to put back.",
            "same": "It was ready with the same settings before, so something else has changed.",
            "runs": f"The old {self.name} was not touched, and keeps running with its previous "
            "settings.",
        }
        return known.get(word) or (
            f"Its previous settings could not be put back: {reason or 'no reason was given'}. "
            f"{self.name} stays as it is: correct its settings in the spec, or write the previous "
            "ones there, and apply again."
        )


class _Started:
    """Judges the polls of a start: before the first one stands what the start has printed."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._readiness: Readiness | None = None

    def progress(self, out: str) -> Progress:
        """Return what the output of a poll means."""
        if self._readiness is None:
            printed, _, out = out.partition("\n")
            if printed.startswith(_TAKEN):
                taken = printed.removeprefix(_TAKEN).strip()
                return Progress(failed=f"{self._start.name} is not started: {taken}")
            self._readiness = self._start.readiness(printed)
        return self._readiness.progress(out)
