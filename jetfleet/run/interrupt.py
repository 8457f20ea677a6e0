"""Signals that end a command: it ends pyinfra first, and keeps what is known by then."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OUTPUTS = (1, 2)


@dataclass
class Interrupt:
    """The first signal that this process received; 0 while there was none.

    Parameters
    ----------
    at_once:
        A second one has come: pyinfra gets no time to end by itself.
    terminals:
        Descriptors that are written to, and are a terminal.

    """

    number: int = 0
    at_once: bool = False
    terminals: tuple[int, ...] = field(
        default_factory=lambda: tuple(number for number in _OUTPUTS if os.isatty(number))
    )

    def __call__(self, number: int, frame: object) -> None:
        """Record a signal; the loop that waits for pyinfra does the rest."""
        del frame
        if number == signal.SIGHUP:
            self._leave_terminal()
        elif self.number:
            # SIGHUP does not count here: a terminal that closes may send it more than once.
            self.at_once = True
        self.number = self.number or number

    def _leave_terminal(self) -> None:
        """Write nothing more to a terminal that has been closed: each write would fail."""
        for number in self.terminals:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
        self.terminals = ()


@contextmanager
def interrupts(by: Interrupt | None = None) -> Iterator[Interrupt]:
    """Record SIGINT, SIGTERM and SIGHUP instead of exiting, so that pyinfra is ended first.

    `by` records them, where more is to be done at once.
    """
    interrupt = by or Interrupt()
    with _handled(interrupt):
        yield interrupt


@contextmanager
def interrupted_question() -> Iterator[Interrupt]:
    """Raise KeyboardInterrupt at each of these signals, as while a person is asked; record it."""
    interrupt = Interrupt()

    def handle(number: int, frame: object) -> None:
        interrupt(number, frame)
        raise KeyboardInterrupt

    with _handled(handle):
        yield interrupt


@contextmanager
def _handled(handler: Callable[[int, object], None]) -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    # `nohup` has it ignored, and it stays so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
