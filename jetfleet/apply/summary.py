"""What an apply did, for people: per host what changed, how long each took, and who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from jetfleet.text import format_count, format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from jetfleet.apply.result import HostResult, Result

_WORDS = {
    "changed": "converged",
    "same": "as desired",
    "refused": "refused",
    "failed": "failed",
    "unreachable": "out of reach",
    "interrupted": "interrupted",
}


def show(result: Result, console: Console) -> None:
    """Print the result of an apply."""
    for host in result.hosts:
        well = host.state in {"changed", "same"} and all(one.ok for one in host.verified)
        style = "bold green" if well else "bold red"
        spent = f", {format_duration(host.seconds)}" if host.seconds else ""
        console.print(Text(f"{host.host} ({_WORDS[host.state]}{spent})", style=style))
        for line in lines(host):
            console.print(Text(f"  {printable(line)}"), soft_wrap=True)
    states = [_WORDS[host.state] for host in result.hosts]
    listed = ", ".join(f"{states.count(word)} {word}" for word in dict.fromkeys(states))
    console.print(Text(f"{format_count(len(states), 'host')}: {listed}"))
    console.print(Text(f"all of it: {result.run}"), soft_wrap=True)


def lines(host: HostResult) -> Iterator[str]:
    """Yield what is to be said of one host."""
    for done in host.done:
        attributes = ", ".join([*done.attributes, *(f"{one} (follows)" for one in done.follows)])
        failed = "" if done.outcome == "changed" else " FAILED"
        yield f"{done.title}: {attributes} ({done.seconds:.1f} s){failed}"
    if host.rebooted:
        yield f"rebooted {format_count(host.rebooted, 'time')}"
    for reboot in host.waits:
        yield f"waits for leave to reboot: {reboot} (give it with --reboot)"
    for one in host.verified:
        yield f"{one.what}: {'verified' if one.ok else 'NOT verified'}"
    if host.reason:
        yield host.reason
    yield from (one.reason for one in host.verified if one.reason)
