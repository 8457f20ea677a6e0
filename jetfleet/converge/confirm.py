"""Ask a board over a new connection whether a change has cut it off."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.steps import Confirm, NoAnswer, Refused, Result, StepFailed, failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.converge.remote import Remote

PAUSE_SECONDS = 10
"""The longest pause between attempts. sshd 9.8 and later counts failed logins in a row, and refuses
an address that has too many: sshd_config(5), PerSourcePenalties."""

BACK_SECONDS = 120
"""How long a board is waited for that undoes a change: it starts its network again."""


def confirm(step: Confirm, remote: Remote, tell: Callable[[str], None]) -> Result:
    """Run the script of a step over a new connection, and return the board's answer.

    Parameters
    ----------
    tell:
        Gets a line for people if the board has another address now.

    Raises
    ------
    StepFailed
        The script has reached its limit, and must not run again; or the board answers nowhere,
        even after it has undone the change by itself.

    """
    first = remote.address
    addresses = tuple(dict.fromkeys((first, *step.addresses)))
    silent: dict[str, str] = {}
    end = time.monotonic() + step.seconds + BACK_SECONDS
    time.sleep(step.after)
    pause = 1.0
    while True:
        for address in addresses:
            result = _answer(step, remote, address)
            if not result.ok:
                silent[address] = f"{address} ({result.err})" if result.err else address
            elif not step.pending(result.out):
                if address != first:
                    tell(f"the board answers at {address} now: write it as `address` in the spec")
                return replace(result, at=time.time(), silent=tuple(silent.values()))
        if time.monotonic() > end:
            remote.connect(first)
            raise StepFailed(
                f"{step.title}: the board does not answer at {' or '.join(addresses)}, though it "
                "has undone the change by itself: look at its console"
            )
        time.sleep(pause)
        pause = min(PAUSE_SECONDS, 2 * pause)


def _answer(step: Confirm, remote: Remote, address: str) -> Result:
    """Return what the script printed over a new connection, or why there was no answer."""
    if not remote.connect(address):
        return Result(ok=False)
    try:
        result = remote.run(step.script, step.title, step.limit)
    except NoAnswer as late:
        if step.once:
            raise StepFailed(str(late)) from late
        return Result(ok=False, err=str(late))
    except Refused as refused:
        return Result(ok=False, err=str(refused))
    return result if result.ok else replace(result, err=failure(result))
