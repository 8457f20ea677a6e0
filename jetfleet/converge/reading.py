"""The reading of what a change has done: it comes back with the last script of the change."""

from __future__ import annotations

from dataclasses import dataclass

from jetfleet.steps import Run


@dataclass
class Reading:
    """A script that reads, for the same round trip as the script before it.

    Parameters
    ----------
    script:
        What reads; it runs only if the script of the change has ended well.
    seconds:
        Its limit.
    output:
        What both have printed; None until then.

    """

    script: str
    seconds: int
    output: str | None = None

    def after(self, step: Run) -> Run:
        """Return a step that is followed by this reading."""
        # In a shell of its own: it may end with `exit`, or set options. Not with `||` behind it, as
        # that would switch off `set -e` in it.
        well = 'jetfleet_status=$?\n[ "$jetfleet_status" = 0 ] || exit "$jetfleet_status"'
        script = f"(\n{step.script}\n)\n{well}\n{self.script}\ntrue\n"
        return Run(script, step.title, step.seconds + self.seconds)
