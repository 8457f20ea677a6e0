"""What an apply did, for people: what changed on each host, how long it took, what answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from jetfleet.plan.words import needs_reboot, summary
from jetfleet.text import format_count, format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from jetfleet.apply.result import HostResult, Result


def show(result: Result, console: Console) -> None:
    """Print the result of an apply."""
    for host in result.hosts:
        style = "bold green" if host.state in {"changed", "in-sync"} else "bold red"
        spent = f", {format_duration(host.seconds)}" if host.seconds else ""
        console.print(Text(f"{host.host} ({host.state}{spent})", style=style))
        for line in lines(host):
            console.print(Text(f"  {printable(line)}"), soft_wrap=True)
    console.print(Text(summary([host.state for host in result.hosts])))
    console.print(Text(printable(f"events and logs: {result.run}")), soft_wrap=True)


def lines(host: HostResult) -> Iterator[str]:
    """Yield the lines about one host."""
    for done in host.done:
        attributes = ", ".join([*done.attributes, *(f"{one} (follows)" for one in done.follows)])
        failed = "" if done.outcome == "changed" else " FAILED"
        yield f"{done.title}: {attributes} ({done.seconds:.1f} s){failed}"
    if host.rebooted:
        yield f"rebooted {format_count(host.rebooted, 'time')}"
    for reboot in host.waits:
        yield needs_reboot(reboot)
    for one in host.verified:
        yield f"{one.what}: {'verified' if one.ok else 'NOT verified'}"
    if host.reason:
        yield host.reason
