"""Reboot a board, and wait until it is back with another boot id."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.steps import Reboot, Refused, Result, StepFailed, failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from jetfleet.converge.remote import Remote

MOST_REBOOT_SECONDS = 1800
TIMES_BOOT = 5
"""A board may be away this many times as long as its last boot took."""

HELD_SECONDS = 1800
"""The longest that a board may hold its reboot back."""

PAUSE_SECONDS = 15

_HELD = "held: "
_DIGITS = 16

# Delayed and detached, so that this command still gets its answer through. Without an accuracy of
# its own a timer may be a minute late: systemd.timer(5).
REBOOT = f"""held=$(
{program("held.sh")}
)
if [ "$held" ]; then echo "{_HELD}$held"; exit 0; fi
systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot
"""

# Microseconds from the kernel's start to the end of the boot: org.freedesktop.systemd1(5).
BOOT = """cat /proc/sys/kernel/random/boot_id
systemctl show -p FinishTimestampMonotonic --value
"""
BOOT_SECONDS = 20


def reboot(
    step: Reboot,
    remote: Remote,
    tell: Callable[[str], None],
    turn: AbstractContextManager[object],
) -> Result:
    """Reboot a board once nothing holds it back.

    Parameters
    ----------
    turn:
        Is held while the board reboots, and not while something holds it back.

    Raises
    ------
    StepFailed
        Something holds the reboot back for too long, or the board does not come back.

    """
    tell(step.title)
    end = time.monotonic() + HELD_SECONDS
    said = ""
    while True:
        with turn:
            held = _tried(step, remote)
        if not held:
            return Result(ok=True)
        if time.monotonic() > end:
            raise StepFailed(
                f"{step.title}: the board was held back for {HELD_SECONDS // 60} min, because "
                f"{held}: run again when that has ended, or remove /run/jetfleet/hold on it"
            )
        if held != said:
            tell(f"{step.title}: waiting, because {held}")
        said = held
        time.sleep(PAUSE_SECONDS)


def _tried(step: Reboot, remote: Remote) -> str:
    """Reboot a board and wait until it is back; return what holds it back, and do not wait then."""
    first = remote.run(BOOT, step.title, BOOT_SECONDS)
    if not first.ok:
        raise StepFailed(f"{step.title}: {failure(first)}")
    asked = remote.run(REBOOT, step.title)
    if not asked.ok:
        raise StepFailed(f"{step.title}: {failure(asked)}")
    if asked.out.startswith(_HELD):
        return " and ".join(asked.out.removeprefix(_HELD).strip().splitlines())
    _wait(step, remote, first.out)
    return ""


def _wait(step: Reboot, remote: Remote, before: str) -> None:
    limit = limit_of(before, step.seconds)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            now = remote.run(BOOT, step.title, BOOT_SECONDS)
        except Refused:
            remote.reconnect(within=end - time.monotonic())
            continue
        if now.ok and _boot_id(now.out) != _boot_id(before):
            return
        time.sleep(0.5)
    raise StepFailed(
        f"the board did not come back within {limit:.0f} s of its reboot: look at its "
        "power and its console, and run again when it is up"
    )


def _boot_id(shown: str) -> str:
    return (shown.splitlines() or [""])[0].strip()


def limit_of(shown: str, least: float) -> float:
    """Return how many seconds a board may be away: `least`, or more if `BOOT` has shown so."""
    took = "".join(shown.splitlines()[1:2]).strip()
    seconds = int(took) / 1e6 if took.isascii() and took.isdigit() and len(took) < _DIGITS else 0
    return max(least, min(TIMES_BOOT * seconds, MOST_REBOOT_SECONDS))
