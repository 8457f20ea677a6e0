"""The lease of a board: which run changes it, who started that run, and for how long it holds.

It is kept on the board, where only root can read it, and judged by the board's uptime: a run that
died blocks others for `SECONDS` at most. Its token only grows: a script names the token of its run,
and is refused once another run has taken the board. The functions are in
``jetfleet/board/lease.sh``.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, dataclass

from jetfleet.process import Process
from jetfleet.steps.functions import call, functions
from jetfleet.text import format_duration, printable, read_object

SECONDS = 120
"""How long a lease holds after it was last renewed; after a reboot, counted from the boot."""

RENEWED_SECONDS = 30
"""A board without a script for so long gets one that renews its lease."""

PROGRAM = "lease.sh"
HOLD = "lease_hold"
"""Its function at the beginning of a script that changes the board."""

_MARK = "@jetfleet-lease"
_HELD = " has been applying "
_LONGEST = 60
"""Characters of each text in it."""


@dataclass(frozen=True)
class Holder:
    """Who runs what; the text may come from another workstation by way of a board.

    Parameters
    ----------
    who:
        User and name of the workstation, as ``alice@laptop``.
    run:
        Name of the run folder; empty for a run of pyinfra alone.

    """

    who: str
    spec: str
    run: str
    process: Process

    @property
    def encoded(self) -> str:
        """Return it as base64 of bounded length, which no shell reads as anything else."""
        fields = {k: _bounded(v) if isinstance(v, str) else v for k, v in asdict(self).items()}
        return base64.b64encode(json.dumps(fields).encode()).decode()

    @classmethod
    def decoded(cls, text: str | None) -> Holder:
        """Return what a board holds; of text that is not a holder's, one without a name."""
        try:
            found = read_object(base64.b64decode(text or "", validate=True))
            process = found["process"]
            return cls(
                who=_bounded(str(found["who"])),
                spec=_bounded(str(found["spec"])),
                run=_bounded(str(found["run"])),
                process=Process(
                    int(process["pid"]), str(process["started"]), str(process["place"])
                ),
            )
        except (ValueError, LookupError, TypeError):
            return cls("an unknown user", "", "", Process(0, "", ""))


@dataclass(frozen=True)
class Lease:
    """The run that has or last had the lease of a board.

    Parameters
    ----------
    token:
        One more than that of the lease before.
    left:
        Seconds for which it still holds; 0 if it has ended.
    age:
        Seconds since it was taken, or since it ended.

    """

    token: int
    id: str
    left: int
    age: int
    holder: Holder

    @property
    def died(self) -> bool:
        """Whether its run has died on this very workstation, without an end of its lease."""
        return bool(self.left and self.holder.process.ended)

    @property
    def sentence(self) -> str:
        """Who changes the board, what they apply, and for how long they have done so."""
        one = self.holder
        what = one.spec or "a spec"
        run = f" (run {one.run})" if one.run else ""
        time = format_duration(self.age)
        if self.left:
            return f"{one.who}{_HELD}{what} to this board for {time}{run}"
        return f"{one.who} applied {what} to this board until {time} ago{run}"

    @property
    def note(self) -> str:
        """What a plan and a status say of it; empty if it has ended."""
        died = ", and was killed: the next apply continues" if self.died else ""
        return f"{self.sentence}{died}" if self.left else ""


def show() -> str:
    """Script that prints the lease, for `read`; it changes nothing."""
    return functions((PROGRAM,), "lease_show") + call("lease_show")


def read(text: str) -> Lease | None:
    """Return the lease that `show` printed; None without one."""
    return _lease(text.partition("\n")[0])


def is_held(reason: str) -> bool:
    """Tell whether a host was refused for the lease of another run; see `Lease.sentence`."""
    return _HELD in reason


def refused(errors: str) -> bool:
    """Tell whether a script did not run because another run has the lease."""
    return any(line.startswith(f"{_MARK} ") for line in errors.splitlines())


def refused_by(errors: str) -> Lease | None:
    """Return the lease that a script was refused for; None if it cannot be read."""
    lines = [line for line in errors.splitlines() if line.startswith(f"{_MARK} ")]
    return _lease(lines[0].removeprefix(f"{_MARK} ")) if lines else None


def begin(lease_id: str, token: int, holder: Holder, *, over: bool) -> str:
    """Script that takes or renews a lease; it ends the shell if another run has it.

    The functions of `PROGRAM` that it needs, `HOLD`, stand before it.

    Parameters
    ----------
    token:
        Of the lease; to take it, one more than that of the lease that the run saw at its survey.
    over:
        Whether that one may be taken over while it holds.

    """
    way = "over" if over else "wait"
    return call(HOLD, lease_id, str(token), str(SECONDS), holder.encoded, way)


def hold(lease_id: str, token: int, holder: Holder, *, over: bool) -> str:
    """Script as of `begin`, with the functions."""
    return functions((PROGRAM,), HOLD) + begin(lease_id, token, holder, over=over)


def renew(lease_id: str) -> str:
    """Script that renews the lease of this run; it ends the shell if another run has it."""
    return functions((PROGRAM,), "lease_renew") + call("lease_renew", lease_id, str(SECONDS))


def release(lease_id: str) -> str:
    """Script that ends the lease of this run."""
    return functions((PROGRAM,), "lease_release") + call("lease_release", lease_id)


def _lease(line: str) -> Lease | None:
    found = _LINE.fullmatch(line.strip())
    if not found:
        return None
    token, left, age = (int(found[name]) for name in ("token", "left", "age"))
    return Lease(token, found["id"], left, age, Holder.decoded(found["who"]))


_LINE = re.compile(
    r"(?P<token>\d{1,15}) (?P<id>[0-9a-f]{1,32}) (?P<left>\d{1,9}) (?P<age>\d{1,9})"
    r"( (?P<who>[A-Za-z0-9+/=]*))?"
)


def _bounded(text: str) -> str:
    return printable(text)[:_LONGEST]
