"""What an exchange with a board means: the result of a script, or why it has no result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps import NoAnswer, Refused, Result
from jetfleet.text import format_bytes, printable, read_object
from jetfleet.transport.exchange import OUTPUT_BYTES, Exchange
from jetfleet.transport.frame import BEGIN, END, STARTED, hung_in
from jetfleet.transport.hang import hang
from jetfleet.transport.unanswered import why_lacking, why_unanswered

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = 3
"""Most digits of the status of a program."""

_DEAF = "sshd or the whole board hangs: log in with `ssh`, and reboot the board if that hangs too"


def result_of(done: Exchange, title: str, seconds: float) -> Result:
    """Return the result of a script: what is in its frames, whatever stands around them.

    Parameters
    ----------
    seconds:
        The limit of the script.

    Raises
    ------
    NoAnswer
        The script did not end within its limit.
    Refused
        The board did not run the script, or its answer did not arrive whole.

    """
    if done.ended == "size":
        raise Refused(
            f"“{title}” printed more than {format_bytes(OUTPUT_BYTES)}, and was ended: look at "
            "the files and containers that it reads for one that is much too large"
        )
    out, status = framed(done.out)
    err, _ = framed(done.err)
    if status is None and done.ended == "limit":
        raise NoAnswer(f"“{title}” did not answer in time: {_DEAF}", out or "")
    if out is None:
        said = bytes(done.err + b"\n" + done.out).decode(errors="replace")
        raise Refused(why_unanswered(said, done.status))
    if status is None:
        raise Refused(f"the answer of “{title}” broke off in the middle: run again")
    return _judged(out, err or "", status, title, seconds)


def framed(stream: bytes | bytearray) -> tuple[str | None, str | None]:
    """Return the text of an answer and how its frame ends; None for what is not there.

    Bytes that are not UTF-8 become U+FFFD.
    """
    begin = stream.find(BEGIN)
    if begin < 0:
        return None, None
    end = stream.rfind(END)
    started = stream.find(STARTED, begin)
    begin = begin + len(BEGIN) if started < 0 else started + len(STARTED)
    text = bytes(stream[begin : end if end >= begin - 1 else None])
    status = None
    if end >= begin - 1:
        line, newline, _ = bytes(stream[end + len(END) :]).partition(b"\n")
        status = line.decode(errors="replace") if newline else None
    return text.decode(errors="replace").removesuffix("\n"), status


def _judged(out: str, err: str, status: str, title: str, seconds: float) -> Result:
    word, _, rest = status.partition(" ")
    if word == "limit":
        raise NoAnswer(f"“{title}” {hang(seconds, hung_in(out))}", out)
    if word == "cut":
        raise Refused(f"“{title}” was ended from outside: a process of it was killed: run again")
    if word in _REFUSED:
        raise Refused(_REFUSED[word](rest or err))
    if not (word.isascii() and word.isdigit() and len(word) <= _DIGITS):
        raise Refused(f"the answer of “{title}” makes no sense: run again")
    code = int(word)
    return Result(code == 0, out, err, code, audit=rest.removeprefix("audit "))


def _locked(said: str) -> str:
    """Return who holds the board's lock, by the text of its file."""
    try:
        holder = read_object(said.strip().splitlines()[-1])
        by, since = printable(str(holder["by"])), printable(str(holder["since"]))
    except (ValueError, LookupError, TypeError):
        return "another run is at work on this board: run again when it has ended"
    return f"{by} is at work on this board since {since}: run again when that has ended"


def _unlockable(said: str) -> str:
    shown = printable(said.strip().replace("\n", "; "))
    return (
        f"the board's lock /run/jetfleet/lock cannot be written ({shown}): look whether /run is "
        "read-only or full (`findmnt /run`, `df /run`)"
    )


_REFUSED: dict[str, Callable[[str], str]] = {
    "locked": _locked,
    "unlockable": _unlockable,
    "lacks": why_lacking,
}
