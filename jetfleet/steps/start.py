"""Starting a service again, and going back to its last ready settings if it does not get ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.steps import Result, Run, Step, StepFailed, Steps, Watch
from jetfleet.steps.last_ready import put_back
from jetfleet.steps.readiness import Readiness, poll_script
from jetfleet.steps.shell import ENGINE_RUNS, words

if TYPE_CHECKING:
    from collections.abc import Generator

PORT = "/usr/local/lib/jetfleet/port"
"""Program on the board that tells which foreign process has a service's port."""

_TAKEN = "taken: "

# What tells the processes of its container from foreign ones: its id and its addresses.
_OWN = "{{.Id}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}"


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
        """Script that starts it again, unless a foreign process has its port: then it says who."""
        unit, name = words([self.unit]), words([self.name])
        return f"""{ENGINE_RUNS} 2>/dev/null &&
  own=$(docker container inspect -f '{_OWN}' {name} 2>/dev/null) || own=
# shellcheck disable=SC2086 # its id and its addresses, each an argument
if ! taken=$({PORT} /etc/jetfleet/{name}/ready.json $own 2>&1); then
  echo "{_TAKEN}$taken"; exit 0
fi
systemctl reset-failed {unit} 2>/dev/null || true
systemctl --no-block restart {unit}
"""

    def ready(self, out: str) -> Steps:
        """Wait until it is ready; if it does not get so, go back and raise `StepFailed`.

        Parameters
        ----------
        out:
            What `script` printed, and how often systemd has restarted the unit.

        """
        if out.startswith(_TAKEN):
            failed = f"{self.name} is not started: {out[len(_TAKEN) :].strip()}"
        else:
            result = yield self._wait(out)
            if result.ok:
                return
            failed = result.err
        raise StepFailed(f"{failed}\n  {(yield from self._go_back())}")

    def _wait(self, restarts: str) -> Watch:
        return Watch(
            poll_script(self.name, self.unit, self.patience),
            self.title,
            Readiness(self.name, self.unit, int(restarts.strip() or 0)).progress,
            self.patience,
            fatal=False,
        )

    def _go_back(self) -> Generator[Step, Result, str]:
        """Put the last ready settings back if they differ; return the sentence for the person."""
        if not self.rollback:
            return "It stays as it is, because its on_failure is keep."
        done = yield Run(put_back(self.name, self.unit, self.written), f"Put {self.name} back")
        word, _, restarts = done.out.strip().partition(" ")
        if word == "none":
            return f"{self.name} was never ready on this board: there is nothing to put back."
        if word == "same":
            return "It was ready with the same settings before, so something else has changed."
        if word == "runs":
            return (
                f"The old {self.name} was not touched, and keeps running with its previous "
                "settings."
            )
        again = yield self._wait(restarts)
        if again.ok:
            return f"The old {self.name} is back with its previous settings, and ready."
        return (
            "The previous settings were put back, but it does not become ready with them either: "
            f"{again.err}"
        )
