"""The work of one host in a run, carried out at its own pace.

pyinfra goes from row to row, and at each it waits for all hosts: boards whose services have
different names would start them one after the other, and one that hangs would hold all others. So
no row does the work of a host. The first row begins it, in a greenlet for each host, and every row
waits for its own part and reports what came of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import gevent
from gevent.event import AsyncResult
from gevent.lock import BoundedSemaphore
from pyinfra.context import ctx_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    Job = Callable[[], bool | None]

_TURNS: dict[int, BoundedSemaphore] = {}


class Work:
    """The jobs of one host, in order, up to the first one that fails.

    Parameters
    ----------
    jobs:
        By the key of their row. A job returns whether it went well; None if it had nothing to do.
    turns:
        Each job takes one.
    at_end:
        Is called when no job is left or one has failed, with whether all went well.

    """

    def __init__(
        self,
        host: Host,
        jobs: Mapping[str, Job],
        turns: BoundedSemaphore,
        at_end: Callable[[bool], None],
    ) -> None:
        self._ends: dict[str, AsyncResult] = {key: AsyncResult() for key in jobs}
        if jobs:
            gevent.spawn(self._carry_out, host, jobs, turns, at_end)

    def wait(self, key: str) -> bool | None:
        """Wait for the job of a row, and return what it returned; raise what it raised.

        None if the host has no such row, or failed at an earlier one.
        """
        return self._ends[key].get() if key in self._ends else None

    def wait_until_tried(self, key: str) -> None:
        """Wait for the job of a row, if the host has one, however it ends."""
        if key in self._ends:
            self._ends[key].wait()

    def _carry_out(
        self,
        host: Host,
        jobs: Mapping[str, Job],
        turns: BoundedSemaphore,
        at_end: Callable[[bool], None],
    ) -> None:
        with ctx_host.use(host):
            left = list(jobs)
            while left:
                key = left.pop(0)
                tried = _try(jobs[key], turns)
                well = tried.successful() and tried.value is not False
                try:
                    # Before its row has the outcome: pyinfra ends the run at the last host that
                    # fails. A row without an outcome would be waited for without end.
                    if not well or not left:
                        at_end(well)
                finally:
                    tried.rawlink(self._ends[key])
                    if not well:
                        for other in left:
                            self._ends[other].set(None)
                if not well:
                    break


def _try(job: Job, turns: BoundedSemaphore) -> AsyncResult:
    """Return what a job returned, or what it raised."""
    tried = AsyncResult()
    try:
        with turns:
            tried.set(job())
    except Exception as error:  # noqa: BLE001 - raised in the greenlet of its row
        tried.set_exception(error)
    return tried


def turns(state: State) -> BoundedSemaphore:
    """Return what lets no more hosts work at once than ``--parallel`` says."""
    return _TURNS.setdefault(id(state), BoundedSemaphore(state.config.PARALLEL))


@contextmanager
def waiting(turns: BoundedSemaphore) -> Iterator[None]:
    """Give the turn of a job back for the block: it only waits there."""
    turns.release()
    try:
        yield
    finally:
        turns.acquire()
