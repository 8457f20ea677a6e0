"""Ten kinds of change to a spec: what is planned is what an apply then changes, board by board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.calls import Jetfleet, done, named
from tests.drifts import CLOCKS_PROGRAM, CLOCKS_UNIT, OPTIONS, READY, SERVICE_UNIT
from tests.lab import Edit, Lab, Spec, no_reboot

BOARDS = ("orin", "nano")
UNIT = (f"file:{SERVICE_UNIT}", "content")
STARTED = ("service:cosmos", "started-with")
RECORD = ("applied:record", "record")
SERVED = {(f"file:{OPTIONS}", "content"), UNIT, STARTED, RECORD}


@dataclass(frozen=True)
class Kind:
    """One kind of change, and what it changes on which board."""

    name: str
    edit: Edit
    changes: dict[str, set[tuple[str, str]]]


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
    Kind("a-flag", on("orin", **cosmos(flags={"seed": 7})), {"orin": SERVED}),
    Kind("a-flag-of-a-group", in_group, {"nano": SERVED}),
    Kind(
        "a-port",
        on("orin", **cosmos(port=8001)),
        {"orin": {*SERVED, (f"file:{READY}", "content")}},
    ),
    Kind("a-variable", on("nano", **cosmos(env={"TZ": "UTC"})), {"nano": {UNIT, STARTED, RECORD}}),
    Kind("ipc", on("orin", **cosmos(ipc="host")), {"orin": {UNIT, STARTED, RECORD}}),
    Kind(
        "a-mount-option",
        default(storage={"options": ["noatime", "nodiratime"]}),
        {host: {("filesystem:/mnt/nvme", "fstab"), RECORD} for host in BOARDS},
    ),
    Kind(
        "a-power-mode",
        on("orin", power={"mode": "MODE_15W"}),
        {"orin": {("power:mode", "mode"), RECORD}},
    ),
    Kind("a-model", another_model, {"nano": {("model:small", "files"), RECORD}}),
    Kind(
        "a-served-name",
        on("orin", **cosmos(served_name="eyes")),
        {"orin": {*SERVED, (f"file:{READY}", "content")}},
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
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("changes"), BOARDS, no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_planned_is_what_is_changed(lab: Lab, tmp_path: Path, kind: Kind) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    before = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(kind.edit)
    try:
        planned = jetfleet("plan", status=2)
        assert {host: named(plan) for host, plan in planned.plan.items()} == {
            host: kind.changes.get(host, set()) for host in BOARDS
        }
        applied = jetfleet("apply", "-y", "--reboot", status=0)
        assert {host: done(result) for host, result in applied.result.items()} == {
            host: kind.changes.get(host, set()) for host in BOARDS
        }
    finally:
        lab.spec.write_text(before, encoding="utf-8")
        lab.converge()
