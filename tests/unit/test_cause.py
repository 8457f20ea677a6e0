"""Who made a board differ, what a change costs, and what of a survey holds while nobody acts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jetfleet.drift.cause import cause_of
from jetfleet.drift.fingerprint import desired_hash, state_hash, survey_of
from jetfleet.resources import (
    Applied,
    Daemon,
    File,
    Image,
    Model,
    ModelFile,
    Package,
    PowerMode,
    RunOptions,
)
from jetfleet.resources.base import Effects
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.file import FileState
from jetfleet.resources.image import ImageState
from jetfleet.resources.model import FileOnBoard, ModelState
from jetfleet.resources.power import PowerState
from jetfleet.resources.service import Service, ServiceState

OLD = File("/etc/a", "old\n")
NEW = File("/etc/a", "new\n")


def applied(*resources: Any) -> dict[str, Any]:
    """The board's record after an apply of these."""
    return {
        "resources": {r.key: desired_hash(r) for r in resources},
        "states": {r.key: state_hash(r) for r in resources if state_hash(r)},
    }


def on_board(file: File, mode: str = "644") -> FileState:
    return FileState("regular file", mode, "root", "root", file.sha256)


@pytest.mark.parametrize(
    ("wanted", "has", "was", "cause"),
    [
        (OLD, on_board(NEW), applied(OLD), "board"),
        (OLD, on_board(OLD, "666"), applied(OLD), "board"),
        (OLD, None, applied(OLD), "board"),
        (NEW, on_board(OLD), applied(OLD), "spec"),
        (NEW, on_board(OLD, "666"), applied(OLD), "both"),
        (NEW, None, applied(OLD), "both"),
        (NEW, None, applied(Package("other")), "spec"),
        (NEW, None, {}, "first"),
        (NEW, None, {"resources": "garbage"}, "first"),
    ],
)
def test_cause_of_a_file(wanted: File, has: FileState | None, was: Any, cause: str) -> None:
    assert cause_of(wanted, has, was) == cause


def test_cause_where_the_state_before_is_unknown() -> None:
    was, now = Image("vllm", "1", "sha256:1"), Image("vllm", "1", "sha256:2")
    absent = ImageState(present=False, tagged=False)
    assert cause_of(now, absent, applied(was)) == "spec"
    assert cause_of(was, absent, applied(was)) == "board"


def test_a_record_that_lacks_what_is_wanted_is_the_specs_doing() -> None:
    record = Applied(resources=(("file:/etc/a", "1"),), models=())
    assert cause_of(record, {}, {"resources": {"file:/etc/a": "2"}}) == "spec"
    assert cause_of(record, {}, {"resources": {"file:/etc/a": "1"}}) == "board"


def test_a_secret_leaves_no_hash_that_it_could_be_guessed_by() -> None:
    one, other = (File("/etc/s", text, secret=True) for text in ("a", "b"))
    assert desired_hash(one) == desired_hash(other)
    assert state_hash(one) == state_hash(other)
    wrong = survey_of({one.key: one}, {one.key: on_board(other)})
    wrong_too = survey_of({one.key: one}, {one.key: on_board(NEW)})
    assert wrong == wrong_too != survey_of({one.key: one}, {one.key: on_board(one)})


FILES = (ModelFile("a", 100, "1" * 64), ModelFile("b", 50, "2" * 64))
MODEL = Model("m", "r1", "hf:x/m", "/mnt/models", FILES)
NONE_OF_IT = ModelState(marked={}, files={}, free=1000)


def test_what_moves_by_itself_is_no_other_survey() -> None:
    key = {MODEL.key: MODEL}
    before = survey_of(key, {MODEL.key: NONE_OF_IT})
    later = replace(NONE_OF_IT, free=900, staged=10, wanted_by_all=140)
    assert survey_of(key, {MODEL.key: later}) == before
    there = replace(NONE_OF_IT, files={"a": FileOnBoard(100, 100, "1.0")})
    assert survey_of(key, {MODEL.key: there}) != before


SERVICE = Service("cosmos", "abc", reads=(("/etc/x", "1"),))
UP = ServiceState(
    active="active",
    enabled=True,
    stale=False,
    unit_hash="abc",
    container_hash="abc",
    container="running",
    read={"/etc/x": "1"},
    ready_seconds=61.0,
)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (replace(UP, ready_seconds=70.0), True),
        (replace(UP, read={"/etc/x": "1", "/etc/of-another": "2"}), True),
        (replace(UP, active="activating"), True),
        (replace(UP, active="activating", container="absent", container_hash=""), True),
        (replace(UP, active="activating", unit_hash="", starts_with="abc", read={}), True),
        (replace(UP, active="activating", unit_hash="abd"), False),
        (replace(UP, active="failed"), False),
        (replace(UP, container_hash="abd"), False),
        (replace(UP, read={"/etc/x": "2"}), False),
        (replace(UP, enabled=False), False),
    ],
)
def test_survey_of_a_service(now: ServiceState, *, same: bool) -> None:
    key = {SERVICE.key: SERVICE}
    assert (survey_of(key, {SERVICE.key: now}) == survey_of(key, {SERVICE.key: UP})) is same


def test_a_service_leaves_no_hash_that_the_secrets_it_reads_could_be_guessed_by() -> None:
    other = replace(SERVICE, reads=(("/etc/x", "2"),))
    assert (desired_hash(other), state_hash(other)) == (desired_hash(SERVICE), state_hash(SERVICE))
    assert [change.attribute for change in other.compare(UP, RunOptions())] == ["started-with"]


def test_the_order_in_which_a_board_lists_is_no_other_survey() -> None:
    key = {MODEL.key: MODEL}
    one, other = FileOnBoard(1, 1, "1.0"), FileOnBoard(2, 2, "2.0")
    assert survey_of(key, {MODEL.key: replace(NONE_OF_IT, files={"a": one, "b": other})}) == (
        survey_of(key, {MODEL.key: replace(NONE_OF_IT, files={"b": other, "a": one})})
    )


MODES = {0: "MAXN", 1: "15W", 2: "30W"}
POWER = PowerMode("MAXN", boots=(("MAXN", "big"), ("30W", "small"), ("15W", "big")))
DAEMON = Daemon("{}", "")
RUNS = DaemonState(
    engine="27.5.1",
    raw_table=True,
    config="{}",
    started_with="{}",
    drop_in="other",
    active=True,
    enabled=True,
    stale_unit=False,
)


@pytest.mark.parametrize(
    ("resource", "actual", "effects"),
    [
        (
            Image("vllm", "1", "sha256:1", 100),
            ImageState(present=False, tagged=False),
            Effects(internet=100, peak=300, final=200),
        ),
        (Image("vllm", "1", "sha256:1", 100), ImageState(present=True, tagged=False), Effects()),
        (MODEL, NONE_OF_IT, Effects(internet=150, peak=150, final=150)),
        (
            replace(MODEL, seeds=("http://near",)),
            replace(NONE_OF_IT, staged=40),
            Effects(lan=110, peak=110, final=110),
        ),
        (replace(MODEL, source="file:m"), NONE_OF_IT, Effects(lan=150, peak=150, final=150)),
        (
            MODEL,
            replace(NONE_OF_IT, files={"a": FileOnBoard(80, 80, "1.0")}),
            Effects(internet=150, peak=150, final=70),
        ),
        (POWER, PowerState(MODES, 2, 2), Effects(reboot="power mode MAXN")),
        (POWER, PowerState(MODES, 1, 0), Effects(reboot="power mode MAXN")),
        (POWER, PowerState(MODES, 1, 1), Effects()),
        (DAEMON, RUNS, Effects(restarts=("docker",))),
        (DAEMON, replace(RUNS, active=False), Effects()),
        (DAEMON, replace(RUNS, drop_in="", enabled=False), Effects()),
        (SERVICE, replace(UP, container_hash="old"), Effects(restarts=("cosmos",))),
        (SERVICE, replace(UP, active="failed"), Effects()),
        (SERVICE, replace(UP, enabled=False), Effects()),
        (NEW, None, Effects()),
    ],
)
def test_effects(resource: Any, actual: Any, effects: Effects) -> None:
    changes = resource.compare(actual, RunOptions())
    assert changes
    assert resource.effects(actual, changes) == effects
