"""Connections within the limit of open files: of more hosts than it allows, idle ones are closed.

pyinfra connects to all hosts and keeps every connection. Above the limit (1024 by default on Linux,
256 on macOS) a host would be called unreachable. The soft limit is raised to the hard one; where
that is too little, the connection that was idle for the longest is closed for the next one, and
opened again when its host is at work.
"""

from __future__ import annotations

import resource
from collections import OrderedDict
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from pyinfra.connectors.ssh import SSHConnector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES_EACH = 3
"""A connection needs a socket, and two files of a pipe while a command runs."""

_OTHERS = 80
"""Open files of everything else: modules, logs, the run folder."""

_LARGEST = 1 << 16
_USES = ("run_shell_command", "put_file", "get_file")


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _LARGEST if hard == resource.RLIM_INFINITY else min(hard, _LARGEST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _LARGEST if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS has a lower one in its kernel
        return soft
    return wanted


class Connections:
    """The open connections of this process, those that were used last at the end.

    Parameters
    ----------
    most:
        How many may be open at once; one that is in use is never closed.

    """

    def __init__(self, most: int) -> None:
        self.most = max(most, 1)
        self._open: OrderedDict[int, SSHConnector] = OrderedDict()
        self._used: dict[int, int] = {}

    def opened(self, one: SSHConnector) -> None:
        """Note that a connection was opened, and close others for it."""
        self._open[id(one)] = one
        self._open.move_to_end(id(one))
        idle = [key for key in self._open if not self._used.get(key) and key != id(one)]
        # Closing waits, and other hosts go on meanwhile.
        closed = [self._open.pop(key) for key in idle[: max(len(self._open) - self.most, 0)]]
        for other in closed:
            if other.client is not None:
                other.client.close()

    @contextmanager
    def using(self, one: SSHConnector, connect: Callable[[], None]) -> Iterator[None]:
        """Keep a connection open for the block; open it again first, if it was closed here."""
        # In use before it is open: while others are closed for it, nothing may close it.
        self._used[id(one)] = self._used.get(id(one), 0) + 1
        try:
            if self._was_closed(one):
                connect()
            if id(one) in self._open:
                self._open.move_to_end(id(one))
            yield
        finally:
            self._used[id(one)] -= 1

    def _was_closed(self, one: SSHConnector) -> bool:
        return getattr(one, "client", None) is not None and id(one) not in self._open


_ALL = Connections(0)


@contextmanager
def using(connector: object) -> Iterator[None]:
    """Keep the connection of a connector open for the block; nothing for one that is not SSH."""
    if isinstance(connector, SSHConnector):
        with _ALL.using(connector, connector.connect):
            yield
    else:
        yield


def watch_open_files() -> None:
    """Keep all connections of this process within the limit; once, however often it is called."""
    _ALL.most = max((raise_limit() - _OTHERS) // FILES_EACH, 1)
    if hasattr(SSHConnector.connect, "watched"):
        return
    setattr(SSHConnector, "connect", _connecting(SSHConnector.connect))  # noqa: B010 - typed
    for name in _USES:
        setattr(SSHConnector, name, _using(getattr(SSHConnector, name)))


def _connecting(connect: Callable[[SSHConnector], None]) -> Callable[[SSHConnector], None]:
    @wraps(connect)
    def connected(self: SSHConnector) -> None:
        connect(self)
        _ALL.opened(self)

    connected.watched = True  # type: ignore[attr-defined]
    return connected


def _using(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def used(self: SSHConnector, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as pyinfra's
        with using(self):
            return method(self, *given, **named)

    return used
