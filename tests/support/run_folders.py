"""A run folder as runs on twins leave it: five hosts, and every state that one can be in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jetfleet.events.event import (
    AttributeChange,
    Changed,
    Compared,
    Completed,
    Effects,
    Event,
    Failed,
    Planned,
    Progress,
    Rebooted,
    Refused,
    ResourceName,
    Started,
    Surveyed,
    Unreachable,
    Verified,
)
from jetfleet.events.write import json_line
from jetfleet.plan.model import Plan, Waived
from jetfleet.plan.read import read_plan
from jetfleet.run.folder import About, Folder

HOSTS = ("orin", "orin2", "thor", "nano", "far")
BEGAN = 1795000000.0
GIB = 2**30

RESOURCES = (
    ResourceName(resource="power:mode", title="Set the power mode", role="power"),
    ResourceName(resource="image:vllm:1", title="Pull vllm:1", role="images"),
    ResourceName(resource="model:cosmos", title="Fetch model cosmos", role="models"),
    ResourceName(resource="file:/etc/a|b", title="Write /etc/a|b", role="serving"),
    ResourceName(resource="service:cosmos", title="Serve cosmos", role="serving"),
)


def surveyed(host: str, **more: Any) -> Surveyed:
    about = {
        "survey": f"{host}-survey", "desired": f"{host}-desired", "resources": RESOURCES,
        "applied": "4f2a", "free": 900 * GIB, "ready_seconds": {"cosmos": 61.5},
    }  # fmt: skip
    return Surveyed(host=host, **{**about, **more})


def change(
    attribute: str, have: str = "a", want: str = "b", sentence: str = "", **more: Any
) -> AttributeChange:
    return AttributeChange(attribute=attribute, have=have, want=want, sentence=sentence, **more)


CHANGES = {
    "power:mode": change("mode", "30W", "MAXN", "the power mode is 30W; MAXN needs a reboot"),
    "image:vllm:1": change("digest", "absent", "sha256:0123", "image vllm:1 is not on the board"),
    "model:cosmos": change("files", "absent", "9 files, 3.0 GiB", "model cosmos is not there"),
    "file:/etc/a|b": change(
        "content", "`*`", "0123", "/etc/a|b has other content", diff=("x: 1\n", "x: 2\n")
    ),
    "service:cosmos": change("started-with", "aaaa", "bbbb", "cosmos was started with other"),
}
NVME = "/mnt/nvme"
COSTS = {
    "power:mode": Effects(reboot="power mode MAXN"),
    "image:vllm:1": Effects(internet=8 * GIB, peak=24 * GIB, final=16 * GIB, mount=NVME),
    "model:cosmos": Effects(lan=3 * GIB, peak=3 * GIB, final=3 * GIB, mount=NVME),
    "service:cosmos": Effects(restarts=("cosmos",)),
}


def planned(host: str, key: str, cost: Effects | None = None) -> Planned:
    cause = "board" if key == "file:/etc/a|b" else "spec"
    effects = cost or COSTS.get(key, Effects())
    return Planned(host=host, resource=key, cause=cause, changes=(CHANGES[key],), effects=effects)


def changes(host: str) -> list[Event]:
    return [planned(host, key) for key in CHANGES]


EVENTS: dict[str, list[Event]] = {
    "orin": [surveyed("orin"), *changes("orin"), Compared(host="orin")],
    "orin2": [surveyed("orin2"), *changes("orin2"), Compared(host="orin2")],
    "thor": [surveyed("thor"), Compared(host="thor")],
    "nano": [
        surveyed("nano", free=None, ready_seconds={}),
        Refused(host="nano", resource="board:release", reason="the board runs L4T 36.3.0"),
    ],
    "far": [Unreachable(host="far", reason="Could not connect \x1b[31m(timed out)")],
}


def folder(path: Path, command: str = "plan", phase: str = "plan") -> Folder:
    """Write these events into a folder, as of this phase."""
    path.mkdir(parents=True, exist_ok=True)
    for host, events in EVENTS.items():
        add(path, host, events, phase)
    about = About(command, "inventory/lab.yaml", "deploys/llm.py", "4f2a+", HOSTS, BEGAN)
    return Folder(path, about)


def add(path: Path, host: str, events: Sequence[Event | None], phase: str) -> None:
    """Append events to a host's file, a second apart; None is a second in which nothing happens."""
    with (path / f"{host}.jsonl").open("a", encoding="utf-8") as lines:
        for second, event in enumerate(events):
            if event is not None:
                now = {"at": event.at or BEGAN + second, "phase": phase}
                lines.write(json_line(event.model_copy(update=now)))


def plan(path: Path, command: str = "plan") -> Plan:
    """The plan of that folder, with a rule that thor waives."""
    waived = {"thor": [Waived(rule="R1", reason="tried *it*", where="services.cosmos")]}
    return read_plan(folder(path, command), ("reboot=allow",), waived, {"orin": {"cosmos": GIB}})


def done(host: str, key: str, seconds: float, *attributes: str) -> list[Event]:
    """A resource that was changed, from the beginning of the run."""
    return [
        Started(host=host, resource=key),
        Changed(
            host=host, resource=key, begun=BEGAN, at=BEGAN + seconds,
            changes=tuple(map(change, attributes)),
        ),
    ]  # fmt: skip


APPLIED: dict[str, list[Event]] = {
    "orin": [
        surveyed("orin"),
        *done("orin", "power:mode", 62.0, "mode"),
        Rebooted(host="orin", resource="power:mode"),
        planned("orin", "model:cosmos", Effects()),
        *done("orin", "model:cosmos", 125.25, "files"),
        *done("orin", "service:cosmos", 61.5, "started-with", "enabled"),
        Completed(host="orin"),
    ],
    "orin2": [
        surveyed("orin2"),
        planned("orin2", "power:mode", Effects(reboot="power mode MAXN", waits_for="reboot")),
        Started(host="orin2", resource="model:cosmos"),
        Progress(host="orin2", resource="model:cosmos", line="cosmos", bytes=(1, 4)),
    ],
    "thor": [
        surveyed("thor"),
        Started(host="thor", resource="file:/etc/a|b"),
        Failed(
            host="thor", resource="file:/etc/a|b", begun=BEGAN, at=BEGAN + 0.2,
            changes=(change("content"),), reason="no \x1b[1mroom",
        ),
    ],
    "nano": [Refused(host="nano", resource="board:release", reason="it is no longer so")],
    "far": [Unreachable(host="far", reason="Could not connect")],
}  # fmt: skip
VERIFIED: dict[str, list[Event]] = {
    "orin": [
        Verified(host="orin", what="models", ok=True),
        Verified(host="orin", what="cosmos", ok=True),
    ]
}
SILENT = Verified(host="orin", what="cosmos", ok=False, reason="no answer in 5 s")


def applied(path: Path) -> Folder:
    """A folder of an apply, with its three phases."""
    made = folder(path, "apply")
    for phase, of in (("apply", APPLIED), ("verify", VERIFIED)):
        for host, events in of.items():
            add(path, host, events, phase)
    return made
