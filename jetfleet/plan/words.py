"""A plan in words, the same for a terminal and for Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from jetfleet.events.state import State
from jetfleet.text import format_bytes, format_count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.plan.model import HostPlan, Plan

WHO = {
    "board": "changed on the board",
    "spec": "spec changed",
    "both": "spec changed, and the board too",
    "first": "never applied",
}


def groups(plan: Plan) -> list[tuple[list[str], HostPlan]]:
    """Return the hosts, those with the same plan together, in the order of the plan."""
    found: dict[str, tuple[list[str], HostPlan]] = {}
    for host in plan.hosts:
        said = "\n".join([host.state, host.reason, *(r.model_dump_json() for r in host.resources)])
        said += "\n".join(costs(host))
        found.setdefault(said, ([], host))[0].append(host.host)
    return list(found.values())


def heading(names: Sequence[str], host: HostPlan) -> str:
    """Return the first line about hosts with the same plan."""
    many = f"{len(names)} hosts: the same, " if len(names) > 1 else ""
    changes = format_count(sum(len(r.changes) for r in host.resources), "change")
    state = changes if host.state == "changes" else host.state
    return f"{', '.join(names)} ({many}{state})"


def costs(host: HostPlan) -> Iterator[str]:
    """Yield a line for each thing that the plan costs on a host."""
    if host.internet or host.lan:
        internet, lan = format_bytes(host.internet), format_bytes(host.lan)
        yield f"to fetch: {internet} over the internet, {lan} over the LAN"
    if host.nvme.peak or host.nvme.final:
        free = "" if host.nvme.free is None else f", {format_bytes(host.nvme.free)} are free"
        yield f"NVMe: {_more(host.nvme.peak)} at most, {_more(host.nvme.final)} after{free}"
    if host.memory and host.state == "changes":
        yield f"memory: {host.memory}"
    for restart in host.restarts:
        yield f"down: {restart.what} for about {restart.seconds} s, by {restart.because} (estimate)"
    for name in host.stops:
        yield f"down: {printable(name)} for good, it is no longer in the spec"
    for reboot in host.reboots:
        yield f"reboot: {reboot}"
    for reboot in host.waits:
        yield needs_reboot(reboot)
    for note in host.notes:
        yield f"note: {printable(note)}"
    for waived in host.waived:
        yield f"waived: {waived.rule} on {waived.where}: {printable(waived.reason)}"


def needs_reboot(reason: str) -> str:
    """Return the line about a reboot that was not allowed."""
    return f"needs a reboot: {reason} (allow it with --reboot)"


def summary(states: Sequence[State]) -> str:
    """Return one line about all hosts: how many are in which state."""
    counts = {state: states.count(state) for state in get_args(State) if state in states}
    words = {"changes": "with changes"}
    listed = ", ".join(f"{number} {words.get(state, state)}" for state, number in counts.items())
    return f"{format_count(len(states), 'host')}: {listed}"


def _more(size: int) -> str:
    return f"{format_bytes(abs(size))} {'more' if size >= 0 else 'less'}"
