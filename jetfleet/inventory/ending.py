"""How a process of pyinfra ends by a signal, or because the command that started it has died.

By itself pyinfra exits with 0 when it is interrupted, and dies with its terminal. Here it calls
what was registered with `at_end`, and exits with 128 and the number of the signal. A second signal
ends it at once.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import gevent
from gevent import monkey

from jetfleet.environment import PARENT

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDINGS: list[Callable[[], None]] = []


def at_end(ending: Callable[[], None]) -> None:
    """Have a function called if a signal ends this process; it must not take long."""
    if ending not in _ENDINGS:
        _ENDINGS.append(ending)


def watch_signals() -> None:
    """Handle SIGINT, SIGTERM and SIGHUP in this process of pyinfra; what is ignored stays so."""
    end = _End()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def watch_parent() -> None:
    """End this process, as by SIGINT, when the `jetfleet` that started it has ended.

    That may be killed and end nothing itself. It holds the other end of a pipe, which the kernel
    closes however it ends.
    """
    number = os.environ.pop(PARENT, "")
    if not number.isdigit():
        return
    # Threads and their numbers of the system: gevent replaces both, and a greenlet would wait
    # for one that computes.
    start: Callable[..., int] = monkey.get_original("_thread", "start_new_thread")
    own: Callable[[], int] = monkey.get_original("_thread", "get_ident")
    start(_watch, (int(number), own()))


def _watch(pipe: int, main: int) -> None:
    with suppress(OSError):
        while os.read(pipe, 1):
            pass
        signal.pthread_kill(main, signal.SIGINT)


class _End:
    """Handler of the signals."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, number: int, frame: object) -> None:
        del frame
        if self._number and number != signal.SIGHUP:
            os._exit(128 + self._number)
        if self._number:
            return
        self._number = number
        with suppress(OSError):  # its terminal may be gone
            click.echo("interrupted: run again, it continues", err=True)
        if not _ENDINGS:
            raise SystemExit(128 + number)
        gevent.spawn(self._end)

    def _end(self) -> None:
        for ending in _ENDINGS:
            with suppress(Exception):
                ending()
        # Not by an exception: pyinfra would wait for operations that hang before it disconnects.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(128 + self._number)
