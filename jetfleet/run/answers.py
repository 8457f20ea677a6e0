"""Transient progress line: how many boards have answered."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jetfleet.events.files import hosts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.status import Status

    from jetfleet.run.folder import Folder


@contextmanager
def counted() -> Iterator[Callable[[Folder], None]]:
    """Yield a function that shows how many boards of a run's folder have answered; call it often.

    A board that is unreachable counts as one that has answered. Where standard error is no
    terminal, nothing is shown.
    """
    with ExitStack() as stack:
        shown: list[Status] = []

        def tick(folder: Folder) -> None:
            if not shown:
                shown.append(stack.enter_context(_line()))
            answered, asked = len(hosts_in(folder.path)), len(folder.about.hosts)
            shown[0].update(f"{answered} of {asked} boards have answered")

        yield tick if sys.stderr.isatty() else lambda _: None


def _line() -> Status:
    # Only now: pyinfra is under way, and what it takes to draw need not hold it up.
    from rich.console import Console  # noqa: PLC0415
    from rich.status import Status  # noqa: PLC0415

    return Status("", console=Console(stderr=True, highlight=False))
