"""A reviewed plan on a board that has changed since: it holds if it does the same, or less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jetfleet.converge.plan_guard import what_is_new
from jetfleet.converge.session import Session
from jetfleet.drift.fingerprint import fixed_in, survey_of
from jetfleet.resources import (
    Applied,
    Clocks,
    Daemon,
    File,
    Image,
    Model,
    ModelFile,
    Resource,
    RunOptions,
    Unit,
)
from jetfleet.resources.clocks import ClockState
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.file import FileState
from jetfleet.resources.image import ImageState
from jetfleet.resources.model import FileOnBoard, ModelState
from jetfleet.resources.service import Service, ServiceState
from jetfleet.steps.systemd import UnitState, read_units
from jetfleet.survey.survey import Unknown

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
    starts_with="abc",
)
LOADING = replace(UP, active="activating")
BOOTING = replace(LOADING, unit_hash="", container_hash="", container="absent", read={})
OLD = replace(UP, unit_hash="old", container_hash="old", starts_with="old")
OLD_BOOTING = replace(BOOTING, starts_with="old")
CRASHED = replace(BOOTING, active="failed")

FILE = File("/etc/a", "new\n")
WRITTEN = FileState("regular file", "644", "root", "root", FILE.sha256)
BY_HAND = replace(WRITTEN, sha256="1" * 64)
BY_ANOTHER = replace(WRITTEN, sha256="2" * 64)

UNIT = Unit("seed.service", "feed")
RUNS = UnitState(active="active", enabled=True, started_with="feed", starts_with="feed")
STARTS = replace(RUNS, active="activating", started_with="")

CLOCKS = Clocks()
PINNED = ClockState(enabled=True, active=True, stale=False, free=())
PINNING = replace(PINNED, active=False, free=("cpu0",), starting=True)
FREE = replace(PINNED, free=("cpu0",))

DOCKER = Daemon("{}", "d1")
ENGINE = DaemonState(
    engine="24.0",
    raw_table=True,
    config="{}",
    started_with="{}",
    drop_in="d1",
    active=True,
    enabled=True,
    stale_unit=False,
    starts_with="d1",
)
STARTING = replace(ENGINE, active=False, started_with=None, drop_in="", starting=True)
STOPPED = replace(STARTING, starting=False)

IMAGE = Image("vllm", "1", "sha256:1")
PULLED = ImageState(present=True, tagged=True)
ABSENT = ImageState(present=False, tagged=False)
NOT_KNOWN = replace(ABSENT, known=False)

MODEL = Model("m", "r1", "hf:x/m", "/models", (ModelFile("a", 100, "1" * 64),))
NONE_OF_IT = ModelState(marked={}, files={}, free=1000)
A_PART = replace(NONE_OF_IT, files={"a": FileOnBoard(50, 50, "1.0")})

RECORD = Applied((("file:/etc/a", "1"),), ())


def session(resource: Resource[Any], actual: Any) -> Session:
    """One resource on a board that was read."""
    read = Session([resource], RunOptions(), lambda *_: "")
    read.known[resource.key] = actual
    return read


def plan_of(resource: Resource[Any], actual: Any) -> dict[str, Any]:
    """What a plan holds of a host."""
    then = session(resource, actual)
    changes = resource.compare(actual, RunOptions())
    return {
        "survey": survey_of(then.resources, then.known),
        "fixed": fixed_in(then.resources, then.known),
        "resources": [
            {"resource": resource.key, "changes": [{"attribute": c.attribute} for c in changes]}
        ],
    }


@pytest.mark.parametrize(
    ("resource", "then", "now"),
    [
        (SERVICE, LOADING, UP),
        (SERVICE, BOOTING, UP),
        (SERVICE, BOOTING, LOADING),
        (SERVICE, UP, LOADING),
        (SERVICE, UP, BOOTING),
        (SERVICE, OLD_BOOTING, OLD),
        (SERVICE, OLD, OLD_BOOTING),
        (SERVICE, CRASHED, LOADING),
        (SERVICE, replace(OLD, stale=True), replace(OLD_BOOTING, stale=True)),
        (FILE, BY_HAND, WRITTEN),
        (UNIT, STARTS, RUNS),
        (UNIT, RUNS, STARTS),
        (CLOCKS, PINNED, PINNING),
        (CLOCKS, PINNING, PINNED),
        (CLOCKS, PINNING, FREE),
        (DOCKER, ENGINE, STARTING),
        (DOCKER, STARTING, ENGINE),
        (IMAGE, PULLED, NOT_KNOWN),
        (IMAGE, NOT_KNOWN, PULLED),
        (IMAGE, ABSENT, NOT_KNOWN),
        (IMAGE, ABSENT, PULLED),
        (MODEL, NONE_OF_IT, A_PART),
        (MODEL, NONE_OF_IT, replace(NONE_OF_IT, free=7, staged=50)),
    ],
)
def test_what_moves_by_itself_refuses_no_plan(resource: Any, then: Any, now: Any) -> None:
    assert not what_is_new(session(resource, now), plan_of(resource, then))


@pytest.mark.parametrize(
    ("resource", "then", "now", "said"),
    [
        (SERVICE, UP, CRASHED, "cosmos is failed, not ready"),
        (SERVICE, UP, OLD, "cosmos was started with other settings"),
        (SERVICE, UP, OLD_BOOTING, "cosmos was started with other settings"),
        (SERVICE, OLD, replace(OLD, enabled=False), "cosmos does not start at boot"),
        (FILE, WRITTEN, BY_HAND, "/etc/a has other content"),
        (FILE, BY_HAND, BY_ANOTHER, "/etc/a has other content"),
        (UNIT, RUNS, replace(RUNS, active="failed"), "seed.service is failed"),
        (CLOCKS, PINNED, FREE, "clocks are free: cpu0"),
        (DOCKER, ENGINE, STOPPED, "the Docker daemon does not run"),
        (IMAGE, PULLED, ABSENT, "image vllm:1 is not on the board"),
        (FILE, WRITTEN, Unknown("file could not be read"), "file could not be read"),
        (RECORD, {"resources": {}}, {"resources": {"b": "2"}}, "this state was not applied"),
        (MODEL, NONE_OF_IT, replace(NONE_OF_IT, free=1, wanted_by_all=100), "cannot be fetched"),
    ],
)
def test_what_the_plan_does_not_have_is_named(
    resource: Any, then: Any, now: Any, said: str
) -> None:
    known = plan_of(resource, then)
    assert said in what_is_new(session(resource, now), known)


def test_of_several_resources_the_first_is_named_and_the_rest_counted() -> None:
    files = [File(f"/etc/{name}", "new\n") for name in "abc"]
    read = Session(files, RunOptions(), lambda *_: "")
    read.known.update({file.key: None for file in files})
    new = what_is_new(read, {"survey": "", "fixed": {}, "resources": []})
    assert new == "/etc/a is absent; and 2 more resources"


UNITS = """Id=a.service
ActiveState={active}
UnitFileState=enabled
NeedDaemonReload=no
MainPID=0
Job={job}
Environment=JETFLEET_STARTED_WITH=feed
"""


@pytest.mark.parametrize(
    ("active", "job", "shown"),
    [
        ("inactive", "17", "activating"),
        ("failed", "17", "activating"),
        ("inactive", "0", "inactive"),
        ("inactive", "", "inactive"),
        ("active", "17", "active"),
    ],
)
def test_a_unit_that_waits_for_its_start_is_activating(active: str, job: str, shown: str) -> None:
    unit = read_units(UNITS.format(active=active, job=job))["a.service"]
    assert (unit.active, unit.started_with, unit.starts_with) == (shown, "", "feed")
