"""One controller at a time: a lock that the kernel frees however its holder ends."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.text import printable, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST = 1000


class InTheWay(FleetError):
    """A rollout, a controller or a block of another is in the way; exit code 8."""


@contextmanager
def control(path: Path, who: str) -> Iterator[None]:
    """Hold the lock `path` while the block runs; `who` is what others read of its holder.

    The file stays: a removed one could be locked by two.

    Raises
    ------
    InTheWay
        Another process holds it, with what it wrote of itself.

    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InTheWay(
                f"{_holder(descriptor)} drives this fleet's rollout: wait for it, or watch it with "
                "`jetfleet rollout watch`"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"who": who, "pid": os.getpid()}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    try:
        about = read_object(os.pread(descriptor, _LONGEST, 0))
        return f"{printable(str(about['who'])[:200])} (process {int(about['pid'])})"
    except (ValueError, KeyError, TypeError):
        return "another process"
