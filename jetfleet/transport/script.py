"""What is sent to a board for a script: its limit, its lock, and the frame of its answer."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from jetfleet.board import sent
from jetfleet.transport.frame import ANSWER, FRAME

LOCK_SECONDS = 60
"""How long a script waits for the end of another one that changes the board."""

SHELL = ("setsid", "-w", "sh", "-s", "--")
"""Command that reads what is sent; its last argument is a title, for `ps` on the board."""


@dataclass(frozen=True)
class Around:
    """Shell text around a script that changes a board, under the board's lock.

    Parameters
    ----------
    before:
        Functions for the script and for what is after it.
    after:
        What follows the script, however that has ended. ``$lock_status`` is its exit status, or
        ``limit`` or ``cut``; what it leaves in ``$lock_said`` comes with the status. It prints
        nothing, and ends within `jetfleet.transport.phases.GRACE_SECONDS`.

    """

    before: str = ""
    after: str = ""


NOTHING = Around()


@dataclass(frozen=True)
class Holder:
    """Who changes a board.

    Parameters
    ----------
    by:
        User and workstation, such as ``ann@laptop``.
    since:
        Time in UTC by the workstation's clock, such as ``2026-01-31T12:00:00Z``.
    around:
        What stands around the script.

    """

    by: str
    since: str
    around: Around = NOTHING

    @property
    def json(self) -> str:
        """The text of the lock's file."""
        return json.dumps({"by": self.by, "since": self.since})


def limits() -> str:
    """Return the shell functions that limit scripts and sections; see `board/limit.sh`."""
    return f"limit_frame={FRAME}\n{sent('limit.sh')}"


def to_send(
    script: str,
    seconds: int,
    *,
    holder: Holder | None = None,
    connected: bool = True,
    followed: bool = False,
) -> str:
    """Return the text that runs a script on a board, for the standard input of `SHELL`.

    The script and everything that it started end after its limit, and when the connection is gone.
    Standard input must stay open until the answer is complete.

    Parameters
    ----------
    seconds:
        Limit of the script; it begins when the script has the lock.
    holder:
        Who changes the board: the script takes the lock. None: it only reads, and waits.
    connected:
        False where standard input is closed when all is sent: only the limit holds.
    followed:
        Whether the script reads what follows it on standard input, as that of `Body` does: it has
        to end by itself where that ends too soon.

    """
    around = holder.around if holder else NOTHING
    wait = (
        f"lock_alone {shlex.quote(holder.json)} {LOCK_SECONDS}"
        if holder
        else f"lock_after {LOCK_SECONDS}"
    )
    return complete(f"""{limits()}{sent("lock.sh")}
{around.before}exec 3<&0
limit_connection={"3" if connected and not followed else "-"} lock_status='' lock_said=''
for limit_file in 1 2; do printf '\\n%s begin {ANSWER}\\n' "$limit_frame" >&$limit_file; done
for limit_program in timeout flock; do
  command -v $limit_program >/dev/null || lock_status="lacks $limit_program"
done
if [ -z "$lock_status" ] && {wait}; then
printf '\\n%s started\\n' "$limit_frame"
# This shell says of a script that was ended that it was: without a reader it would end of that.
trap '' PIPE
limit_watch {seconds} "$limit_connection"
(
trap - PIPE
{script}
) <{"&3" if followed else "/dev/null"} 3<&-
lock_status=$?
if limit_was_reached "$limit_watcher"; then
  lock_status=$limit_why
  # Nothing may read this output any more.
  limit_printf='timeout -s KILL 5 printf'
fi
{around.after}# What left the session holds the descriptor of the lock too.
[ -z "${{limit_printf:-}}" ] || flock -u 9 2>/dev/null
fi
exec 9>&-
lock_status=$lock_status$lock_said
for limit_file in 1 2; do
  ${{limit_printf:-printf}} '\\n%s end {ANSWER} %s\\n' "$limit_frame" "$lock_status" >&$limit_file
done
exit 0
""")


def complete(script: str) -> str:
    """Return a script for a shell's standard input that runs only if all of it arrives.

    A shell reads a command list to its closing brace before it begins. Without the braces it would
    run each line as it comes: half of a script whose connection breaks, and half of its last line.
    """
    return f"{{\n{script}\n}}\n"
