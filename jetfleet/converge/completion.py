"""Log the end of a run on each host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinfra.api.state import BaseStateCallback

from jetfleet.converge.leased import leased
from jetfleet.events.event import Completed
from jetfleet.events.write import log_event

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState

_LAST: dict[str, tuple[int, str]] = {}
"""The desired state and the operation that were added last, by host."""

_COMPLETED: set[str] = set()


class LogCompleted(BaseStateCallback):
    """Log the event `Completed` for a host whose last operation has ended well.

    An exception on one host ends the run of all: without this event, a host has not finished.
    """

    @staticmethod
    def operation_host_success(
        state: State, host: Host, op_hash: str, retry_count: int = 0
    ) -> None:
        """Log it if this was the last operation, and end the lease of the board."""
        del retry_count
        if host.op_hash_order and host.op_hash_order[-1] == op_hash:
            _complete(state, host)

    @staticmethod
    def operation_host_error(
        state: State, host: Host, op_hash: str, retry_count: int = 0, max_retries: int = 0
    ) -> None:
        """End the lease of the board: this run does nothing more on it."""
        del op_hash, retry_count, max_retries
        leased(state, host).end()


def log_completed(state: State) -> None:
    """Have the ends of this run logged; once, however often it is called."""
    if not any(isinstance(one, LogCompleted) for one in state.callback_handlers):
        state.add_callback_handler(LogCompleted())


def mark_last(host: Host, wanted: DesiredState) -> None:
    """Mark the operation that was added last as one of this desired state."""
    _LAST[host.name] = (id(wanted), host.op_hash_order[-1])


def work_ended(state: State, host: Host, wanted: DesiredState, well: bool) -> None:  # noqa: FBT001
    """End the lease of a board, and log `Completed`, where nothing follows the work of a host.

    pyinfra comes to the host's last row later: it waits for other hosts before.
    """
    if not well:
        leased(state, host).end()
    elif _LAST.get(host.name) == (id(wanted), host.op_hash_order[-1]):
        _complete(state, host)


def _complete(state: State, host: Host) -> None:
    if host.name not in _COMPLETED:
        _COMPLETED.add(host.name)
        leased(state, host).end()
        log_event(Completed(host=host.name))
