"""What a person sees while boards are asked: one line that counts them, and then is gone."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jetfleet import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.status import Status

    from jetfleet.run.folder import Folder


@contextmanager
def counted() -> Iterator[Callable[[Folder], None]]:
    """Yield what is called often with the run's folder: it says how many boards have answered.

    A board that is out of reach has answered too, so to speak. Where standard error is no
    terminal, nothing is said at all.
    """
    with ExitStack() as stack:
        shown: list[Status] = []

        def tick(folder: Folder) -> None:
            if not shown:
                shown.append(stack.enter_context(_line()))
            answered, asked = len(rows.hosts(folder.path)), len(folder.about.hosts)
            shown[0].update(f"{answered} of {asked} boards have answered")

        yield tick if sys.stderr.isatty() else lambda _: None


def _line() -> Status:
    # Only now: pyinfra is under way, and what it takes to draw need not hold it up.
    from rich.console import Console  # noqa: PLC0415
    from rich.status import Status  # noqa: PLC0415

    return Status("", console=Console(stderr=True, highlight=False))
