"""A slow line in front of boards: a TCP proxy with delay, stalls, and a limit of bytes.

It stands for the kernel's netem, which not every kernel has. Each connection goes through one line
to the board's site: its segments are late by half of a round trip in each direction, some of them
stall as one that TCP sends again, and all connections share the line's rate. As TCP does, a
connection begins with ten segments and doubles what is on its way each round trip.
"""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SEGMENT = 1448
FIRST_WINDOW = 10 * SEGMENT
"""RFC 6928."""
WINDOW = 4 << 20
"""The most of a connection that is on its way: the most that Linux buffers to send (tcp_wmem)."""

_BUFFER = 1 << 16


@dataclass(frozen=True)
class Line:
    """What a line is like.

    Parameters
    ----------
    rtt:
        Seconds of a round trip.
    rate:
        Bytes a second in each direction; 0: no limit.
    stalls:
        Share of what is sent that comes a second late, and all behind it.

    """

    rtt: float
    rate: int = 0
    stalls: float = 0
    stall_seconds: float = 1.0


@dataclass
class Counted:
    """What was carried for one connection.

    Parameters
    ----------
    waits:
        How often the client has waited for the board after it had sent something.

    """

    waits: int = 0
    up: int = 0
    down: int = 0
    asked: bool = field(default=False, repr=False)

    def sent(self, count: int) -> None:
        """Note that the client has sent something."""
        self.up += count
        self.asked = True

    def answered(self, count: int) -> None:
        """Note that something has reached the client."""
        self.down += count
        self.waits += self.asked
        self.asked = False


class _Way:
    """One direction of the line, for all connections."""

    def __init__(self, line: Line) -> None:
        self._line, self._free = line, 0.0
        self._chance = random.Random(1)  # noqa: S311 - of stalls

    def arrival(self, now: float, count: int) -> float:
        """Return when a number of bytes that are sent now arrives."""
        rate = self._line.rate
        self._free = max(self._free, now) + (count / rate if rate else 0)
        stalled = self._chance.random() < self._line.stalls
        return self._free + self._line.rtt / 2 + self._line.stall_seconds * stalled


class _Flow:
    """One direction of one connection."""

    def __init__(self, way: _Way, rtt: float, arrived: Callable[[int], None]) -> None:
        self._way, self._rtt, self._arrived = way, rtt, arrived
        self._flying: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._window, self._on_way, self._last = FIRST_WINDOW, 0, 0.0
        self._room = asyncio.Event()

    async def carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sent: Callable[[int], None],
    ) -> None:
        """Carry what is read until its end."""
        delivery = asyncio.create_task(self._deliver(writer))
        data = b"-"
        with suppress(OSError):
            while data:
                while self._on_way >= self._window:
                    self._room.clear()
                    await self._room.wait()
                data = await reader.read(min(FIRST_WINDOW, self._window - self._on_way))
                self._begin(data, sent)
        if data:
            self._begin(b"", sent)
        await delivery

    def _begin(self, data: bytes, sent: Callable[[int], None]) -> None:
        if data:
            sent(len(data))
        self._on_way += len(data)
        now = asyncio.get_running_loop().time()
        self._last = max(self._last, self._way.arrival(now, len(data)))
        self._flying.put_nowait((self._last, data))

    async def _deliver(self, writer: asyncio.StreamWriter) -> None:
        loop, data = asyncio.get_running_loop(), b"-"
        with suppress(OSError):
            while data:
                due, data = await self._flying.get()
                await asyncio.sleep(due - loop.time())
                if data:
                    self._arrived(len(data))
                    writer.write(data)
                    await writer.drain()
                    loop.call_later(self._rtt / 2, self._acknowledged, len(data))
        writer.close()

    def _acknowledged(self, count: int) -> None:
        self._on_way -= count
        self._window = min(WINDOW, self._window + count)
        self._room.set()


class Proxy:
    """Carries connections over a line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.connections: list[Counted] = []
        self._ways = _Way(line), _Way(line)

    async def carry(
        self, near: tuple[asyncio.StreamReader, asyncio.StreamWriter], target: tuple[str, int]
    ) -> None:
        """Carry one connection until both sides have closed it."""
        counted, rtt = Counted(), self.line.rtt
        self.connections.append(counted)
        await asyncio.sleep(rtt)  # the handshake of TCP
        try:
            far = await asyncio.open_connection(*target, limit=_BUFFER)
        except OSError:
            near[1].close()
            return
        up = _Flow(self._ways[0], rtt, lambda _: None)
        down = _Flow(self._ways[1], rtt, counted.answered)
        await asyncio.gather(
            up.carry(near[0], far[1], counted.sent), down.carry(far[0], near[1], lambda _: None)
        )


@contextmanager
def proxy(line: Line, address: str, target: str, ports: list[int]) -> Iterator[Proxy]:
    """Yield a proxy that carries what comes to the ports of an address to those of a target."""
    carried, loop = Proxy(line), asyncio.new_event_loop()
    sockets = [_listening(address, port) for port in ports]

    async def listen(bound: socket.socket) -> None:
        port = bound.getsockname()[1]

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.CancelledError):  # else asyncio reports it as an error
                await carried.carry((reader, writer), (target, port))

        await asyncio.start_server(accept, sock=bound, limit=_BUFFER)

    for bound in sockets:
        loop.run_until_complete(listen(bound))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield carried
    finally:
        asyncio.run_coroutine_threadsafe(_end_others(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        for bound in sockets:
            bound.close()


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _listening(address: str, port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Else the kernel takes in megabytes before the line does.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    bound.bind((address, port))
    bound.listen(1000)
    return bound
