"""Events of a run: written once, read once, and whatever a board says in them is only text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from jetfleet.environment import PHASE, RUN_FOLDER
from jetfleet.errors import FleetError
from jetfleet.events.event import (
    Changed,
    Completed,
    Event,
    Failed,
    Inspected,
    Planned,
    Progress,
    Refused,
    Started,
    Surveyed,
    Unreachable,
    Verified,
)
from jetfleet.events.files import hosts_in
from jetfleet.events.host import HostRun
from jetfleet.events.interpret import host_of, take
from jetfleet.events.read import EventReader, events_of
from jetfleet.events.state import State
from jetfleet.events.text import LINE_CHARACTERS
from jetfleet.events.write import log_event
from tests.support.run_folders import APPLIED, EVENTS, VERIFIED, change, planned, surveyed

HOSTILE = "a\x1b[31mb\x00\u202e\ud800\nc"
CLEAN = "ab\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} c"

KINDS = get_args(Event)


def line(**fields: object) -> str:
    return json.dumps({"schema": 2, "at": 1, "host": "nano", **fields}) + "\n"


@pytest.mark.parametrize("event", [e for es in [*EVENTS.values(), *APPLIED.values()] for e in es])
def test_what_is_written_is_read(
    event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    monkeypatch.setenv(PHASE, "apply")
    log_event(event)
    (read,) = events_of(tmp_path, event.host)
    assert read.at > 1e9
    assert read.phase == "apply"
    assert read == event.model_copy(update={"at": read.at, "phase": "apply"})
    assert hosts_in(tmp_path) == [event.host]


def test_without_a_run_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RUN_FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    log_event(Completed(host="nano"))
    assert list(tmp_path.iterdir()) == []


def test_hostile_text_is_cleaned_and_bounded_when_an_event_is_made() -> None:
    event = Failed(
        host="nano", resource=HOSTILE, begun=0.0, reason="x" * 10**6,
        changes=(change(HOSTILE, diff=(HOSTILE, "")),),
    )  # fmt: skip
    assert event.resource == event.changes[0].attribute == CLEAN
    assert event.changes[0].diff == (CLEAN.replace(" c", "\nc"), "")
    assert len(event.reason) == LINE_CHARACTERS
    assert event.reason.endswith("…")


def test_hostile_text_is_cleaned_when_it_is_read(tmp_path: Path) -> None:
    """The file may have been edited, or come from another machine."""
    (tmp_path / "nano.jsonl").write_text(line(event="unreachable", reason=HOSTILE))
    (event,) = events_of(tmp_path, "nano")
    assert isinstance(event, Unreachable)
    assert event.reason == CLEAN


def test_the_json_of_a_board_is_bounded_in_every_direction() -> None:
    deep: dict[str, object] = {}
    for _ in range(100):
        deep = {HOSTILE: deep}
    readings = {"deep": deep, "long": [HOSTILE] * 10**5, "wide": {str(n): n for n in range(10**5)}}
    event = Inspected(host="nano", readings=readings)
    assert len(event.readings["long"]) == len(event.readings["wide"]) == 1000
    assert event.readings["long"][0] == CLEAN
    assert len(event.model_dump_json()) < 50_000


@pytest.mark.parametrize(
    "text",
    [
        "no json\n",
        "[]\n",
        '{"event": "completed"}\n',
        line(event="unreachable").replace("2", "1"),
        line(event="unreachable"),
        line(event="started", resource=7),
    ],
)
def test_a_line_that_is_no_event_is_an_error_for_people(text: str, tmp_path: Path) -> None:
    (tmp_path / "nano.jsonl").write_text(text)
    with pytest.raises(FleetError, match="has a line that this jetfleet cannot read"):
        list(events_of(tmp_path, "nano"))


def test_kinds_and_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    later = line(event="paused", why="rain") + line(event="started", resource="a", by="me")
    (tmp_path / "nano.jsonl").write_text(later)
    (event,) = events_of(tmp_path, "nano")
    assert isinstance(event, Started)


def test_half_a_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    reader, path = EventReader(tmp_path, "nano"), tmp_path / "nano.jsonl"
    text = line(event="refused", resource="a", reason="no")
    for so_far, count in ((text[:20], 0), (text, 1), (text + text[:-1], 0), (text + text, 1)):
        path.write_text(so_far, encoding="utf-8")
        assert len(list(reader.new())) == count


def test_every_kind_of_event_is_interpreted() -> None:
    for kind in KINDS:
        fields = {
            "resource": "a", "reason": "no", "cause": "spec", "changes": (), "begun": 1.0,
            "survey": "", "desired": "", "what": "cosmos", "ok": True, "readings": {}, "note": "b",
            "seq": 1, "head": "ab",
        }  # fmt: skip
        take(HostRun("nano"), kind(host="nano", **fields))


APPLY = {"host": "nano", "phase": "apply"}
PLAN = {"host": "nano", "phase": "plan"}
KEY = {"resource": "power:mode"}
STARTED = Started(**APPLY, **KEY, at=2.0)
CHANGED = Changed(**APPLY, **KEY, at=3.0, begun=2.0, changes=(change("mode"),))
FAILED = Failed(**APPLY, **KEY, at=3.0, begun=2.0, changes=(change("mode"),), reason="no")
REFUSED = Refused(**APPLY, resource="file:/a", reason="not empty")
AWAY = Unreachable(host="nano", phase="verify", reason="Could not connect")
SILENT = Verified(host="nano", phase="verify", what="cosmos", ok=False, reason="timed out")
DONE = Completed(**APPLY)
SURVEYED = surveyed("nano")
DIFFERS = planned("nano", "power:mode")

STATES: dict[str, tuple[State, list[Event]]] = {
    "nothing is known": ("skipped", []),
    "a plan without its end": ("skipped", [SURVEYED.model_copy(update={"phase": "plan"})]),
    "nothing to do": ("in-sync", [SURVEYED]),
    "a difference": ("changes", [SURVEYED, DIFFERS]),
    "changed": ("changed", [SURVEYED, DIFFERS, STARTED, CHANGED, DONE]),
    "changed, and no end": ("interrupted", [SURVEYED, DIFFERS, STARTED, CHANGED]),
    "under way": ("interrupted", [SURVEYED, DIFFERS, STARTED]),
    "a failure": ("failed", [SURVEYED, DIFFERS, STARTED, FAILED]),
    "a precondition": ("refused", [SURVEYED, REFUSED]),
    "a precondition at its begin": (
        "refused", [SURVEYED, STARTED, Refused(**APPLY, **KEY, reason="no")],
    ),
    "a precondition after a change": ("failed", [SURVEYED, STARTED, CHANGED, REFUSED]),
    "no connection": ("unreachable", [AWAY]),
    "no connection after a change": ("failed", [SURVEYED, STARTED, CHANGED, DONE, AWAY]),
    "no answer after a change": ("failed", [SURVEYED, STARTED, CHANGED, DONE, SILENT]),
}  # fmt: skip


@pytest.mark.parametrize(("state", "events"), STATES.values(), ids=[*STATES])
def test_the_state_of_a_host(state: State, events: list[Event]) -> None:
    host = host_of("nano", events)
    assert host.state == state
    assert bool(host.reason) == (state not in {"in-sync", "changes", "changed"})


def test_every_state_has_a_case() -> None:
    assert {state for state, _ in STATES.values()} == set(get_args(State))


def test_progress_is_what_the_host_is_doing() -> None:
    host = host_of("nano", [SURVEYED, STARTED])
    take(host, Progress(**APPLY, **KEY, line="half", bytes=(1, 2)))
    assert (host.activity.title, host.activity.line) == ("Set the power mode", "half")
    assert host.activity.bytes == (1, 2)
    take(host, CHANGED)
    assert (host.activity.title, host.activity.bytes) == ("done", None)


def test_a_whole_apply_has_its_plan_and_its_end() -> None:
    host = host_of("orin", [*EVENTS["orin"], *APPLIED["orin"], *VERIFIED["orin"]])
    assert isinstance(host.survey, Surveyed)
    assert host.resources["image:vllm:1"].outcome == "changes"
    assert host.resources["model:cosmos"].outcome == "changed"
    assert {type(event) for event in EVENTS["orin"]} >= {Planned}
    assert (host.compared, host.completed) == (True, True)
