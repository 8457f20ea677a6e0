"""Starting a service again, and going back to its last ready settings if it does not get ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.steps import Result, Run, Step, StepFailed, Steps, Watch
from jetfleet.steps.last_ready import put_back
from jetfleet.steps.program import run_shell
from jetfleet.steps.readiness import Readiness, poll_script
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Generator

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
        """Script that starts it again, unless a foreign process has its port; see `ready`."""
        return run_shell("start.sh", self.name, self.unit)

    def ready(self, out: str) -> Steps:
        """Wait until it is ready; if it does not get so, go back and raise `StepFailed`.

        Parameters
        ----------
        out:
            What `script` printed; of a start that is left alone, how often systemd has restarted
            the unit.

        """
        if out.startswith(_TAKEN):
            failed = f"{self.name} is not started: {out[len(_TAKEN) :].strip()}"
        else:
            result = yield self._wait(out)
            if result.ok:
                return
            failed = result.err
        try:
            then = yield from self._go_back()
        except StepFailed as error:
            then = f"Whether its previous settings are back is not known: {error}"
        raise StepFailed(f"{failed}\n  {then}")

    def _wait(self, restarts: str) -> Watch:
        return Watch(
            poll_script(self.name, self.unit, self.patience),
            self.title,
            Readiness(self.name, self.unit, read_count(restarts.strip() or "0")).progress,
            self.patience,
            fatal=False,
        )

    def _go_back(self) -> Generator[Step, Result, str]:
        """Put the last ready settings back if they differ; return the sentence for the person."""
        if not self.rollback:
            return "It stays as it is, because its on_failure is keep."
        done = yield Run(put_back(self.name, self.unit, self.written), f"Put {self.name} back")
        word, _, more = done.out.strip().partition(" ")
        if word != "back":
            return self._not_back(word, more)
        again = yield self._wait(more)
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
