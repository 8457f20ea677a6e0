"""The status of a fleet: levels, what is in sync, tables, and a fleet that is off."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from rich.console import Console

from jetfleet.catalog.memory_level import memory_level
from jetfleet.events.event import Inspected
from jetfleet.events.interpret import host_of
from jetfleet.status.interpret import status_of
from jetfleet.status.model import FleetStatus, HostStatus
from jetfleet.status.table import show
from tests.support.board_status import CHANGE, GIB, MODEL, NANO, fleet, nano, unreachable


def shown(*hosts: HostStatus, colour: bool = False) -> str:
    out = io.StringIO()
    show(fleet(*hosts), Console(file=out, width=200, force_terminal=colour, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize(
    ("share", "name"),
    [
        (0.0, "safe"), (0.699, "safe"), (0.70, "caution"), (0.849, "caution"), (0.85, "danger"),
        (0.949, "danger"), (0.95, "forbidden"), (1.2, "forbidden"),
    ],
)  # fmt: skip
def test_the_four_levels_of_source_002(share: float, name: str) -> None:
    assert memory_level(share).name == name


def test_source_002s_own_qwen3_8b_is_at_the_highest_level() -> None:
    """7.1 of 7.4 GiB, which that source calls 96 % and dangerous."""
    assert memory_level(7.1 / 7.4).name == "forbidden"


def test_a_board_in_sync() -> None:
    status = nano()
    assert (status.state, status.l4t, status.hottest) == (
        "in-sync",
        "36.4.3",
        ("tj-thermal", 51.0),
    )
    assert status.memory
    assert (status.memory.share, status.memory.level) == (0.75, "caution")
    assert status.state == "in-sync"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"differences": [CHANGE]}, "the power mode is 15W"),
        ({"service": {"ids": ["other"]}}, f"cosmos serves other, not {MODEL}"),
        ({"service": {"ids": []}}, f"cosmos serves nothing, not {MODEL}"),
        (
            {"service": {"ids": None, "reason": "timed out"}},
            "cosmos is active and does not answer: timed out",
        ),
    ],
)
def test_what_is_not_in_sync(more: Mapping[str, Any], sentence: str) -> None:
    status = nano(**more)
    assert status.state == "changes"
    assert [one.sentence for one in status.differences] == [sentence]


def test_a_survey_that_failed_is_a_refusal() -> None:
    status = nano(reason="the survey failed: no sudo")
    assert (status.state, status.reason) == ("refused", "the survey failed: no sudo")


@pytest.mark.parametrize(
    "readings",
    [
        {"memory": {"total": 8}},
        {"memory": "much"},
        {"disks": {"/": {"free": "some", "mounted": 1}}},
        {"services": {"cosmos": []}},
        {"release": 7},
        {"clocks": {"cpu": {}}},
        {"uptime": "\x1b[2Jlong"},
        {"uptime": 10**40},
        {"memory": {"total": 10**40, "available": 1}},
        {"memory": {"total": -8, "available": 1}},
        {"temperatures": {"\x1b]0;x\x07": "hot"}},
        {"temperatures": []},
        {"services": {"cosmos": {"ids": [{}]}}},
        {"services": {"cosmos": {"ids": "all"}}},
        {"errors": ["x"]},
        {"disks": {"/": None}},
    ],
)
def test_a_board_that_says_nonsense_is_refused_and_stops_nothing(
    readings: Mapping[str, Any],
) -> None:
    status = nano(readings=readings)
    assert status.state == "refused"
    assert "what the board says of itself cannot be read" in status.reason
    assert status.reason.isprintable()


def test_a_stopped_service_is_reported_once() -> None:
    """The plan says that it is not ready; that it does not answer is the same fact."""
    change = {**CHANGE, "resource": "service:cosmos", "sentence": "cosmos is inactive, not ready"}
    status = nano(service={"active": "inactive", "ids": None}, differences=[change])
    assert [one.sentence for one in status.differences] == ["cosmos is inactive, not ready"]


def test_ollamas_latest_is_the_name_without_a_tag() -> None:
    assert nano(service={"ids": ["qwen3:latest"], "wants": ["qwen3"]}).state == "in-sync"


def test_heat_and_memory_are_shown_and_are_no_drift() -> None:
    hot = nano(
        readings={
            "temperatures": {"gpu-thermal": 99.6},
            "throttling": ["gpu-throttle-alert"],
            "over_current": {"oc3": 37},
            "memory": {"total": 8 * GIB, "available": GIB // 4},
        }
    )
    text = shown(hot)
    assert hot.state == "in-sync"
    for words in ("100 °C gpu", "throttled: gpu-throttle-alert", "97% forbidden", "oc3 37 times"):
        assert words in text


def test_the_table_says_all_of_a_board() -> None:
    text = shown(nano(), unreachable(NANO, "192.0.2.13", "Could not connect"))
    for words in (
        "in-sync", "36.4.3", "MAXN_SUPER", "locked, CPU 1.73 GHz, GPU 1.02 GHz",
        "51 °C tj", "6.0 GiB of 8.0 GiB, 75% caution", "/mnt/nvme 700.0 GiB of 900.0 GiB",
        "ready", MODEL, "2 h 1 min", "unreachable", "nano: Could not connect",
    ):  # fmt: skip
        assert words in text, words
    assert "\x1b" not in text


def test_a_level_is_coloured_and_never_by_colour_alone() -> None:
    for share, code in ((0.5, "32m"), (0.8, "33m"), (0.9, "31m"), (0.99, "35m")):
        memory = {"total": 1000, "available": round(1000 * (1 - share))}
        text = shown(nano(readings={"memory": memory}), colour=True)
        cell = next(line for line in text.splitlines() if f"{share:.0%}" in line)
        assert code in cell
        assert memory_level(share).name in cell


def test_what_a_board_says_is_never_markup() -> None:
    text = shown(nano(service={"ids": ["[red]x[/red]", "[/]"], "wants": []}))
    assert "[red]x[/red]" in text


def test_what_a_board_says_never_steers_the_terminal() -> None:
    steer = "\x1b[31m\x1b]0;owned\x07\u202e"
    status = nano(
        service={"ids": [steer], "wants": [steer * 2]},
        differences=[{**CHANGE, "sentence": steer}],
        readings={
            "power_mode": steer, "temperatures": {steer: 50.0}, "throttling": [steer],
            "errors": {steer: steer},
        },
    )  # fmt: skip
    text = shown(status, unreachable(NANO, "a", steer))
    assert not any(one in text for one in "\x1b\x07\u202e")
    assert "\x1b" not in json.dumps(status.model_dump())


def test_json_is_read_back_as_it_was() -> None:
    status = fleet(nano(), unreachable(NANO, "a", "b"))
    written = json.dumps(status.model_dump(by_alias=True))
    assert json.loads(written)["schema"] == 2
    assert FleetStatus.model_validate_json(written) == status


def test_a_service_of_another_role_is_shown_by_its_role() -> None:
    host = NANO.model_copy(update={"services": ()})
    said = {
        "readings": {"services": {"node-exporter": {"active": "active", "ids": []}}},
        "services": {"node-exporter": "monitoring"},
        "differences": [],
    }
    run = host_of("nano", [Inspected(host="nano", **said)])
    (service,) = status_of(host, "192.0.2.13", run).services
    assert (service.name, service.runtime, service.active) == (
        "node-exporter",
        "monitoring",
        "active",
    )
