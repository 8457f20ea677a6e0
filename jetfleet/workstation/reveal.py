"""The values of secrets: read where a reference says, checked, and hidden in all output."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.redaction import SHORTEST, hide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.spec.secret import SecretRef

COMMAND_SECONDS = 60
"""How long a command may take: it may ask a person for a second factor."""

MOST_BYTES = 64 * 1024
"""Most bytes of a secret."""


class Unrevealed(FleetError):
    """A secret cannot be read, or cannot be used; the message never has any of it."""


def reveal(reference: SecretRef, overriding: Mapping[str, str]) -> str:
    """Return a secret's value, which no output of this process shows from now on.

    Parameters
    ----------
    overriding:
        Values that take precedence over environment variables of the same names.

    Raises
    ------
    Unrevealed
        The secret is missing, cannot be read, or is not one line of at least four characters.

    """
    place = reference.value
    if reference.kind == "env":
        where = f"the environment variable {place}"
        value = overriding.get(place) or os.environ.get(place, "")
    elif reference.kind == "file":
        where = f"the file {place}"
        value = _text(_content(place, where), where)
    else:
        where = f"the command {place!r}"
        value = _text(_output(place), where)
    if not value:
        raise Unrevealed(f"{where} has no secret: set it, then run again")
    _check(value, where)
    hide(value)
    return value


def _check(value: str, where: str) -> None:
    """Raise `Unrevealed` for a value that a file of variables or a log could not hold safely."""
    if len(value) < SHORTEST:
        raise Unrevealed(
            f"{where} has a secret of {len(value)} characters, which cannot be hidden in logs: use "
            f"one of at least {SHORTEST}, or write a value that is no secret as plain text"
        )
    if any(char in "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029" for char in value):
        raise Unrevealed(f"{where} has a secret of several lines: use one without line breaks")
    if any(ord(char) < ord(" ") or char == "\x7f" for char in value):
        raise Unrevealed(
            f"{where} has a secret with a control character, such as NUL: use one of printable text"
        )
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise Unrevealed(f"{where} has a secret that is not text in UTF-8: encode it, as in base64")


def _content(place: str, where: str) -> bytes:
    path = Path(place).expanduser()
    if not path.exists():
        return b""
    if path.is_dir():
        raise Unrevealed(f"{where} is a folder: write the path of a file")
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unrevealed(
            f"{where} cannot be read ({error.strerror}): let the user of this run read it"
        ) from error


def _text(content: bytes, where: str) -> str:
    if len(content) > MOST_BYTES:
        raise Unrevealed(f"{where} has more than {MOST_BYTES} bytes: that is no secret of one line")
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise Unrevealed(
            f"{where} has a secret that is not text in UTF-8: encode it, as in base64"
        ) from None


def _output(command: str) -> bytes:
    """Return what a command prints, without its line end."""
    reason, output = _run(command)
    if reason:
        raise Unrevealed(f"the command {command!r} {reason}")
    return output


@cache  # all hosts share one answer, and one wait
def _run(command: str) -> tuple[str, bytes]:
    """Return why a command gave no secret, or nothing and what it printed."""
    process = subprocess.Popen(  # noqa: S602 - the spec offers a shell command, on the workstation
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        # What it started may hold the pipe open: all of it ends.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        late = f"did not end within {COMMAND_SECONDS} seconds"
        return f"{late}: run it yourself, and see what it waits for", b""
    if process.returncode:
        return f"ended with status {process.returncode}: run it yourself, and read its error", b""
    return "", output
