"""The audit log of a board, as it comes to the workstation."""

from __future__ import annotations

import base64
import binascii
import zlib

from jetfleet.steps import Refused
from jetfleet.steps.audit import FILE

_FILE_BYTES = 1 << 20
"""The most that is read of one of its two files, which are bounded at half of it."""

_MOST = 4 * _FILE_BYTES
"""The most that an answer may have, once it is no longer compressed."""

SECONDS = 120

SCRIPT = f"""if [ -f {FILE}.1 ]; then echo later; else echo whole; fi
for file in {FILE}.1 {FILE}; do
  [ ! -f "$file" ] || head -c {_FILE_BYTES} "$file"
done | gzip -c | base64
"""
"""Script for `log_of`. In base64 each byte arrives, also those of a line that is no text."""


def log_of(answer: str) -> tuple[bytes, bool]:
    """Return the lines of a log, and whether they begin with the first one of all.

    Raises
    ------
    Refused
        The answer is not one of `SCRIPT`.

    """
    word, _, packed = answer.partition("\n")
    try:
        # The board may answer anything: a few bytes can stand for gigabytes.
        reader = zlib.decompressobj(wbits=31)
        text = reader.decompress(base64.b64decode("".join(packed.split()), validate=True), _MOST)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise Refused("the audit log did not arrive whole: run again") from error
    if not reader.eof:
        raise Refused("the audit log did not arrive whole: run again")
    return text, word == "whole"
