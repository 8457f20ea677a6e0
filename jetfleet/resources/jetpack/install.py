"""The steps of an upgrade of L4T: prepare, install in a unit of its own, reboot, check."""

from __future__ import annotations

from functools import partial

from jetfleet.steps import Progress, Reboot, Refused, Run, StepFailed, Steps, Watch
from jetfleet.steps.program import run_program
from jetfleet.steps.transient import read_look, transient_unit, watch_unit
from jetfleet.text import printable

UNIT = "jetfleet-upgrade"
"""Transient unit that installs: a lost connection does not end it, and the next run finds it."""

PATIENCE = 1800
"""Seconds without a line of apt or dpkg: an initrd and a capsule take minutes on a slow card."""

_REBOOT_SECONDS = 1800
"""The firmware writes its capsule and boots once more before the board is back."""

_PREPARE_SECONDS = 1800
_LONGEST = 800


def upgrade_steps(have: str, want: str, title: str, *, installed: bool) -> Steps:
    """Yield the steps from a release to a later one.

    Parameters
    ----------
    installed:
        Its packages are there, and only the reboot is missing.

    Raises
    ------
    Refused
        The board must not be upgraded as it is; nothing of it was changed.

    """
    if not installed:
        state = yield Run(f"systemctl show -p ActiveState --value {UNIT}.service", title)
        if state.out.strip() not in {"active", "activating"}:
            try:
                yield Run(_program("prepare", have, want), title, seconds=_PREPARE_SECONDS)
            except StepFailed as refusal:
                raise Refused(str(refusal)) from refusal
            install = transient_unit(UNIT, title, _program("install", have, want))
            yield Run(install, title, joined=True)
        yield Watch(watch_unit(UNIT), title, partial(_judge, title), PATIENCE)
    yield Reboot(f"Reboot for L4T {want}", _REBOOT_SECONDS)
    yield Run(_program("check", have, want), title)


def _program(action: str, have: str, want: str) -> str:
    job = {"action": action, "from": have, "to": want}
    return run_program("foreign_json.py", "place.py", "debian.py", "upgrade.py", job=job)


def _judge(title: str, out: str) -> Progress:
    """Read what the unit shows: its last line is how far it is."""
    look = read_look(out, UNIT)
    last = printable(look.lines[-1])[:_LONGEST] if look.lines else ""
    if look.running:
        return Progress(token="\n".join(look.lines), line=last or title)
    if look.succeeded:
        return Progress(done=True)
    return Progress(failed=f"{title}: {last or 'it was ended'}; run again to let it end")
