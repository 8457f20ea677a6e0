"""A status for people: boards, services, and where they differ from the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Column, Table
from rich.text import Text

from jetfleet.catalog.memory_level import LEVELS
from jetfleet.status.words import clocks_in_words
from jetfleet.text import format_bytes, format_duration, printable

if TYPE_CHECKING:
    from rich.console import Console

    from jetfleet.status.model import FleetStatus, HostStatus, Memory, ServiceStatus

HOT = 85.0
"""Degrees Celsius from which a zone is shown as hot; an Orin holds its clocks down at 99."""

_COLOURS = {level.name: level.colour for level in LEVELS}
_STATES = {"in-sync": "green", "changes": "yellow"}
_ACTIVE = {"active": Text("ready", "green"), "activating": Text("starting", "yellow")}


def show(status: FleetStatus, console: Console) -> None:
    """Print the tables; nothing that a board or a person wrote is taken for markup."""
    console.print(_boards(status.hosts))
    if any(host.services for host in status.hosts):
        console.print(_services(status.hosts))
    for host in status.hosts:
        for sentence in _sentences(host):
            line = Text.assemble((f"{host.name}: ", "bold"), printable(sentence))
            console.print(line, soft_wrap=True)


def _table(*names: str) -> Table:
    """Return a table whose cells are shown whole, however narrow the terminal."""
    return Table(*(Column(name, overflow="fold") for name in names), box=box.SIMPLE_HEAD)


def _boards(hosts: tuple[HostStatus, ...]) -> Table:
    table = _table(
        "host", "state", "L4T", "power mode", "clocks", "hottest", "memory used", "disk free"
    )
    for host in hosts:
        table.add_row(
            Text(host.name, "bold"),
            Text(host.state, _STATES.get(host.state, "red")),
            Text(printable(host.l4t) or "-"),
            Text(printable(host.power_mode or "-")),
            Text(clocks_in_words(host.clocks)),
            _heat(host),
            _memory(host.memory),
            Text("\n".join(_disks(host)) or "-"),
        )
    return table


def _heat(host: HostStatus) -> Text:
    if host.hottest is None:
        return Text("-")
    zone, degrees = host.hottest
    text = Text(printable(f"{degrees:.0f} °C {zone.removesuffix('-thermal')}"))
    if degrees >= HOT:
        text.stylize("red")
    if host.throttling:
        text.append(f"\nthrottled: {printable(', '.join(host.throttling))}", "bold red")
    return text


def _memory(memory: Memory | None) -> Text:
    if memory is None:
        return Text("-")
    used, total = format_bytes(memory.used), format_bytes(memory.total)
    return Text(f"{used} of {total}, {memory.share:.0%} {memory.level}", _COLOURS[memory.level])


def _disks(host: HostStatus) -> list[str]:
    """Return the NVMe first: where models and images are is what fills up."""
    rows = []
    for disk in sorted(host.disks, key=lambda one: one.path == "/"):
        free = f"{format_bytes(disk.free)} of {format_bytes(disk.total)}"
        rows.append(f"{disk.path} {free if disk.mounted else 'not mounted'}")
    return rows


def _services(hosts: tuple[HostStatus, ...]) -> Table:
    table = _table("host", "service", "runtime", "state", "models", "up for", "restarts")
    for host in hosts:
        for service in host.services:
            restarts = Text(str(service.restarts), "yellow" if service.restarts else "")
            table.add_row(
                Text(host.name, "bold"),
                Text(service.name),
                Text(service.runtime),
                _ACTIVE.get(service.active, Text(printable(service.active), "red")),
                _models(service),
                Text("-" if service.uptime is None else format_duration(service.uptime)),
                restarts,
            )
    return table


def _models(service: ServiceStatus) -> Text:
    if service.models is None:
        return Text("no answer" if service.active == "active" else "-", "red")
    text = Text("\n".join(map(printable, service.models)) or "-")
    if service.lacks:
        text.append(f"\nlacks {printable(', '.join(service.lacks))}", "red")
    return text


def _sentences(host: HostStatus) -> list[str]:
    unread = [f"{name} could not be read: {reason}" for name, reason in host.unread.items()]
    met = [f"{limit} {count} times" for limit, count in sorted(host.over_current.items())]
    current = [f"over-current limits met since the boot: {', '.join(met)}"] if met else []
    reason = [host.reason] if host.reason else []
    differences = [one.sentence for one in host.differences]
    return [*reason, *differences, *host.notes, *unread, *current]
