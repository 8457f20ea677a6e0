"""Kinds of change to a spec, and what each changes on which board: one table for three views.

`diff` must name it from two renderings (tests/cli/test_diff_kinds.py), `plan` find it on boards
that have converged, and `apply` change it there (tests/twins/test_changes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.drift_table import CLOCKS_PROGRAM, CLOCKS_UNIT, OPTIONS, READY, SERVICE_UNIT
from tests.support.lab import Edit, Spec

BOARDS = ("orin", "nano")
ENV = "/etc/jetfleet/cosmos/env"
COMMAND = ("file:/etc/jetfleet/cosmos/run", "content")
UNIT = (f"file:{SERVICE_UNIT}", "content")
STARTED = ("service:cosmos", "started-with")
RECORD = ("applied:record", "record")
READ_ANEW = ("service:cosmos", "unit")
ACTIVE = ("service:cosmos", "active")
SERVED = {(f"file:{OPTIONS}", "content"), UNIT, STARTED, RECORD}


@dataclass(frozen=True)
class Kind:
    """One kind of change, what it changes on which board, and what comes of that there."""

    name: str
    edit: Edit
    changes: dict[str, set[tuple[str, str]]]
    follows: tuple[tuple[str, str], ...] = ()


def on(host: str, **keys: Any) -> Edit:
    """An edit that lays keys over one host."""
    return lambda spec: _lay(spec["hosts"][host], keys)


def default(**keys: Any) -> Edit:
    """An edit that lays keys over what every host has."""
    return lambda spec: _lay(spec["defaults"], keys)


def _lay(over: Any, keys: dict[str, Any]) -> None:
    for key, value in keys.items():
        if isinstance(value, dict) and isinstance(over.get(key), dict):
            _lay(over[key], value)
        else:
            over[key] = value


def in_group(spec: Spec) -> None:
    spec["groups"]["scarce-memory"]["services"]["cosmos"]["flags"]["max-num-seqs"] = 2


def another_model(spec: Spec) -> None:
    spec["models"]["small"] = {"source": "ollama:smollm2:135m"}
    spec["hosts"]["nano"]["models"] = {"use": ["small"]}


def cosmos(**keys: Any) -> dict[str, Any]:
    return {"services": {"cosmos": keys}}


KINDS = (
    Kind("a-flag", on("orin", **cosmos(flags={"seed": 7})), {"orin": SERVED}, (READ_ANEW,)),
    Kind("a-flag-of-a-group", in_group, {"nano": SERVED}, (READ_ANEW,)),
    Kind(
        "a-port",
        on("orin", **cosmos(port=8001)),
        {"orin": {*SERVED, (f"file:{READY}", "content")}},
        (READ_ANEW,),
    ),
    Kind(
        "a-variable",
        on("nano", **cosmos(env={"TZ": "UTC"})),
        {"nano": {(f"file:{ENV}", "content"), COMMAND, UNIT, STARTED, RECORD}},
        (READ_ANEW,),
    ),
    Kind(
        "ipc",
        on("orin", **cosmos(ipc="host")),
        {"orin": {COMMAND, UNIT, STARTED, RECORD}},
        (READ_ANEW,),
    ),
    Kind(
        "a-mount-option",
        default(storage={"options": ["noatime", "nodiratime"]}),
        {host: {("filesystem:/mnt/nvme", "fstab"), RECORD} for host in BOARDS},
    ),
    Kind(
        "a-power-mode",
        on("orin", power={"mode": "MODE_15W"}),
        {"orin": {("power:mode", "mode"), RECORD}},
        (ACTIVE,),
    ),
    Kind("a-model", another_model, {"nano": {("model:small", "files"), RECORD}}),
    Kind(
        "a-served-name",
        on("orin", **cosmos(served_name="eyes")),
        {"orin": {*SERVED, (f"file:{READY}", "content")}},
        (READ_ANEW,),
    ),
    Kind(
        "clocks",
        on("nano", power={"clocks": "locked"}),
        {
            "nano": {
                (f"file:{CLOCKS_UNIT}", "content"), (f"file:{CLOCKS_PROGRAM}", "content"),
                ("clocks:locked", "pinned"), ("clocks:locked", "active"),
                ("clocks:locked", "enabled"), RECORD,
            }
        },
    ),
    Kind(
        "a-key-of-docker",
        default(docker={"daemon": {"log-opts": {"max-size": "10m"}}}),
        {
            host: {("daemon:docker", "log-opts.max-size"), ("daemon:docker", "running"), RECORD}
            for host in BOARDS
        },
        (ACTIVE,),
    ),
)  # fmt: skip
