"""The steps of a change: what is run on a board, watched, uploaded or awaited."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """Run one script on the board, as root, sent on standard input.

    Parameters
    ----------
    seconds:
        Limit of the script, which is ended then, with everything that it started.
    joined:
        Nobody needs what it prints, beside a `Watch` that follows: it goes to the board together
        with the next script, or with the reading after the change. Its steps are given a result
        before it has run, and do not see it fail.

    """

    script: str
    title: str
    seconds: int = 120
    joined: bool = False


@dataclass(frozen=True)
class Upload:
    """Bring a file of the workstation to the board, from the byte that the board has.

    Parameters
    ----------
    local:
        Path on the workstation.
    remote:
        Absolute path on the board; it may be half there.
    size:
        Bytes of the whole file.
    rate:
        Most bytes a second; 0 for as many as go.

    """

    local: str
    remote: str
    size: int
    title: str
    rate: int = 0


@dataclass(frozen=True)
class Progress:
    """What one look at a running thing shows.

    Parameters
    ----------
    done:
        It has ended well.
    failed:
        It has ended badly: the sentence for the person (with log lines), else empty.
    token:
        Changes whenever the thing has moved on; a wait lasts as long as it changes.
    line:
        What to tell the person while waiting.
    bytes:
        How many are there, of how many; None where nothing is counted.

    """

    done: bool = False
    failed: str = ""
    token: str = ""
    line: str = ""
    bytes: tuple[int, int] | None = None


@dataclass(frozen=True)
class Watch:
    """Look at something again and again until it is done, has failed, or stands still.

    Parameters
    ----------
    script:
        The look; run as root on the board. It may itself wait for some seconds. One that does not
        end in time counts as one without progress.
    judge:
        Makes a `Progress` of the script's output.
    patience:
        Seconds without any progress after which the wait ends as a failure.
    fatal:
        Whether a failure ends the steps. If not, they are given it as a result that is not ``ok``,
        its sentence in ``err``; a connection that is lost ends them all the same.
    ended:
        Shell condition that holds once it has ended well, if the change is done with it: the board
        is then read in the round trip of that look. Empty: it is not read there.

    """

    script: str
    title: str
    judge: Callable[[str], Progress]
    patience: float
    fatal: bool = True
    ended: str = ""


@dataclass(frozen=True)
class Reboot:
    """Reboot the board, and go on when it is back with another boot id.

    Parameters
    ----------
    seconds:
        How long the board may be away at least; an AGX that checks its disk takes minutes.

    """

    title: str
    seconds: float = 600


@dataclass(frozen=True)
class Confirm:
    """Run a script over a new connection, until the board has answered it.

    Each attempt is a new login.

    Parameters
    ----------
    pending:
        Tells whether an answer says to ask again.
    seconds:
        How long the board may be away; after that it is waited for as long again, because it
        undoes the change by itself.
    limit:
        Seconds that the script may take.
    addresses:
        Where the board may answer, beside its address in the spec.
    after:
        Seconds before the first attempt.
    once:
        A script that reaches its limit is not run again.
    last:
        The change is done with it: the board is read in the same round trip.

    """

    script: str
    title: str
    pending: Callable[[str], bool]
    seconds: float
    limit: int
    addresses: tuple[str, ...] = ()
    after: float = 0
    once: bool = False
    last: bool = False


Step = Run | Watch | Upload | Reboot | Confirm


@dataclass(frozen=True)
class Result:
    """How a step ended, what it printed, and its exit status.

    Parameters
    ----------
    at:
        Of a `Confirm`: when the answer came, in seconds since 1970 by this computer's clock.
    silent:
        Of a `Confirm`: the addresses at which the board did not answer.
    audit:
        Number and hash of the line that was appended to the board's audit log, or ``lost`` if it
        could not be written; empty without one.

    """

    ok: bool
    out: str = ""
    err: str = ""
    status: int = 0
    at: float = 0.0
    silent: tuple[str, ...] = ()
    audit: str = ""


def failure(result: Result) -> str:
    """Return why a script failed: its last lines, or its exit status if it printed nothing."""
    lines = [line for line in (result.err or result.out).splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or f"it ended with exit status {result.status} and no output"


Steps = Generator[Step, Result, None]
