"""Operations of pyinfra and of others beside ours in a deploy: their rows in plans and results.

pyinfra says of an operation whether it would change a host, and not what: so a row has no more.
"""

from __future__ import annotations

import atexit
import os
import time
from typing import TYPE_CHECKING

from pyinfra.api.state import BaseStateCallback

from jetfleet.environment import PHASE
from jetfleet.events import event as events
from jetfleet.events.write import log_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyinfra.api.host import Host
    from pyinfra.api.operation import OperationMeta
    from pyinfra.api.state import State

ROLE = "pyinfra"
"""What stands in place of a role in their rows."""

_OURS: set[str] = set()
_BEGUN: dict[tuple[str, str], float] = {}


def mark_own(host: Host) -> None:
    """Mark the operation that was added last as ours: it logs its own events."""
    _OURS.add(host.op_hash_order[-1])


class LogOperations(BaseStateCallback):
    """Log what such operations did: they are changed, failed, or had nothing to do."""

    @staticmethod
    def operation_host_start(state: State, host: Host, op_hash: str) -> None:
        """Remember when it began."""
        del state
        _BEGUN[host.name, op_hash] = time.time()

    @staticmethod
    def operation_host_error(
        state: State, host: Host, op_hash: str, retry_count: int = 0, max_retries: int = 0
    ) -> None:
        """Log that it failed; pyinfra's log has the output of its commands."""
        del retry_count, max_retries
        if _is_others(state, host, op_hash):
            title = _title(state, op_hash)
            log_event(events.Started(host=host.name, resource=_key(title), title=title))
            failed = events.Failed(
                host=host.name,
                resource=_key(title),
                begun=_begun(host, op_hash),
                changes=(_change(title),),
                reason=f"pyinfra's operation “{title}” failed: its output is in the log of the run",
            )
            log_event(failed)

    @staticmethod
    def operation_end(state: State, op_hash: str) -> None:
        """Log the hosts on which it changed anything: only now does pyinfra know."""
        for host in list(state.inventory.get_active_hosts()):
            if not _is_others(state, host, op_hash):
                continue
            meta = state.get_op_data_for_host(host, op_hash).operation_meta
            if meta.is_complete() and meta.did_succeed() and meta.did_change():
                title = _title(state, op_hash)
                log_event(events.Started(host=host.name, resource=_key(title), title=title))
                changed = events.Changed(
                    host=host.name,
                    resource=_key(title),
                    begun=_begun(host, op_hash),
                    changes=(_change(title),),
                )
                log_event(changed)


def log_operations(state: State) -> None:
    """Have such operations logged in this run; once, however often it is called.

    Those of a plan are logged when pyinfra ends: others may stand below the last of ours.
    """
    if any(isinstance(one, LogOperations) for one in state.callback_handlers):
        return
    state.add_callback_handler(LogOperations())
    if os.environ.get(PHASE) == "plan":
        atexit.register(_log_planned, state)


def _log_planned(state: State) -> None:
    for host in state.inventory:
        if host not in state.activated_hosts:
            continue
        for title, meta, depends in _others(state, host):
            if depends:
                note = (
                    f"pyinfra's operation “{title}” is carried out if its condition (`_if`) holds"
                )
                log_event(events.Noted(host=host.name, note=note))
            elif meta.will_change:
                planned = events.Planned(
                    host=host.name,
                    resource=_key(title),
                    title=title,
                    role=ROLE,
                    cause="",
                    changes=(_change(title),),
                )
                log_event(planned)


def _others(state: State, host: Host) -> Iterator[tuple[str, OperationMeta, bool]]:
    for op_hash in host.op_hash_order:
        if _is_others(state, host, op_hash):
            data = state.get_op_data_for_host(host, op_hash)
            depends = bool(data.global_arguments.get("_if"))
            yield _title(state, op_hash), data.operation_meta, depends


def _is_others(state: State, host: Host, op_hash: str) -> bool:
    return op_hash not in _OURS and op_hash in state.ops[host]


def _title(state: State, op_hash: str) -> str:
    """Return the name of an operation, and its arguments where pyinfra made the name."""
    meta = state.get_op_meta(op_hash)
    return ", ".join(sorted(meta.names))


def _key(title: str) -> str:
    return f"operation:{title}"


def _begun(host: Host, op_hash: str) -> float:
    return round(_BEGUN.get((host.name, op_hash), time.time()), 3)


def _change(title: str) -> events.AttributeChange:
    return events.AttributeChange(
        attribute="commands",
        have="to carry out",
        want="carried out",
        sentence=f"pyinfra's operation “{title}” changes this host",
    )
