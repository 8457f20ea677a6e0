"""Lists in daemon.json that others write too: items of jetfleet leave with the spec."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from jetfleet.resources import Daemon, RunOptions
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.daemon.items import ITEMS, put_by, read_items, settle
from jetfleet.resources.daemon.merge import merge
from jetfleet.resources.daemon.store import merged, note_of

MINE, HERS, NEXT = "https://mine.example", "https://hers.example", "https://next.example"
KEY = "registry-mirrors"
RUNS = """docker.io=27.5.1=installed
Id=docker.service
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no
"""
PLAIN, PRUNE = RunOptions(), RunOptions(prune=True)


def settled(have: Any, wanted: Any, put: Any) -> dict[str, Any]:
    return settle(merge(have, wanted), have, wanted, put)


@pytest.mark.parametrize(
    ("have", "want", "put", "becomes"),
    [
        ([HERS], [MINE], [], [MINE, HERS]),
        ([HERS, MINE], [MINE], [MINE], [HERS, MINE]),
        ([MINE, HERS], [NEXT], [MINE], [NEXT, HERS]),
        ([MINE, NEXT, HERS], [NEXT, MINE], [MINE, NEXT], [NEXT, MINE, HERS]),
        ([f"{MINE}/"], [MINE], [MINE], [f"{MINE}/"]),
        (None, [MINE], [MINE], [MINE]),
        ([MINE, HERS], None, [MINE], [HERS]),
        ([f"{MINE}/"], None, [MINE], None),
        ([MINE], None, [], [MINE]),
        (None, None, [MINE], None),
        ("rubbish", None, [MINE], "rubbish"),
        ("rubbish", [MINE], [], [MINE]),
    ],
)
def test_a_shared_list(have: Any, want: Any, put: list[str], becomes: Any) -> None:
    before = {} if have is None else {KEY: have}
    wanted = {} if want is None else {KEY: want}
    assert settled(before, wanted, {KEY: put}).get(KEY) == becomes


def test_objects_are_items_too() -> None:
    key, ours, theirs = "default-address-pools", {"base": "10.9.0.0/16", "size": 24}, {"base": "x"}
    assert settled({key: [theirs]}, {key: [ours]}, {}) == {key: [ours, theirs]}
    assert settled({key: [theirs, ours]}, {}, {key: [ours]}) == {key: [theirs]}


def test_items_that_can_contradict_each_other_are_all_of_the_spec() -> None:
    key, ours, theirs = "exec-opts", "native.cgroupdriver=cgroupfs", "native.cgroupdriver=systemd"
    assert settled({key: [theirs]}, {key: [ours]}, {}) == {key: [ours]}
    assert settled({key: [ours]}, {}, {key: [ours]}) == {}


def test_an_item_that_was_there_before_is_not_jetfleets() -> None:
    assert put_by({KEY: [HERS]}, {KEY: [MINE, f"{HERS}/"]}, {}) == {KEY: [MINE]}
    assert put_by({KEY: [HERS, MINE]}, {KEY: [MINE, HERS]}, {KEY: [MINE]}) == {KEY: [MINE]}
    assert put_by({KEY: [HERS]}, {KEY: [HERS], "debug": True}, {}) == {}


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"dns": 1}', "\0", '{"a": {"b": []}}'])
def test_a_damaged_note_names_nothing(text: str | None) -> None:
    assert read_items(text) == {}


def state(config: object, put: object, started: object = None) -> DaemonState:
    """Return the daemon of a board that runs with a file."""
    lines = {
        "/etc/docker/daemon.json": config,
        "/run/jetfleet/docker-started-with.json": config if started is None else started,
        ITEMS: put,
    }
    files = (
        f"{path} {base64.b64encode(json.dumps(one).encode()).decode()}\n"
        for path, one in lines.items()
    )
    one = Daemon(settings="{}", drop_in="")
    return one.read("".join(files) + RUNS, [one])[one.key]


def daemon(removal: str = "apply", **settings: Any) -> Daemon:
    return Daemon(settings=json.dumps(settings), drop_in="", removal=removal)


def changes(one: Daemon, actual: DaemonState, options: RunOptions = PLAIN) -> list[list[str]]:
    return [[c.attribute, c.have, c.want] for c in one.compare(actual, options)]


def test_a_plan_names_items_that_leave_and_none_of_others() -> None:
    actual = state({KEY: [HERS, MINE], "debug": True}, {KEY: [MINE]})
    assert changes(daemon(), actual) == [
        [KEY, f'["{MINE}"]', "absent"],
        ["running", "started with other settings", "these settings"],
    ]
    (first, _) = daemon().compare(actual, RunOptions(diff=True))
    assert "have left the spec" in first.sentence
    assert first.diff is not None
    assert HERS not in "".join(first.diff)
    assert merged(actual, {}) == {KEY: [HERS], "debug": True}


def test_items_of_others_are_no_change() -> None:
    actual = state({KEY: [HERS, MINE]}, {KEY: [MINE]})
    assert changes(daemon(**{KEY: [MINE]}), actual) == []


def test_a_daemon_that_still_runs_with_items_that_left_is_restarted() -> None:
    actual = state({}, {KEY: [MINE]}, started={KEY: [MINE]})
    (change,) = changes(daemon(), actual)
    assert change[0] == "running"


@pytest.mark.parametrize(
    ("removal", "options", "leave"),
    [("ask", PLAIN, False), ("ask", PRUNE, True), ("never", PRUNE, False)],
)
def test_items_stay_if_the_host_says_so(removal: str, options: RunOptions, *, leave: bool) -> None:
    actual = state({KEY: [MINE]}, {KEY: [MINE]})
    assert bool(changes(daemon(removal), actual, options)) == leave


def test_what_stays_is_still_known_as_jetfleets() -> None:
    job = note_of(state({KEY: [MINE]}, {KEY: [MINE]}), {"dns": ["192.0.2.1"]}, leave=False)
    assert job is not None
    assert json.loads(job["after"]) == {KEY: [MINE], "dns": ["192.0.2.1"]}
    assert note_of(state({KEY: [HERS]}, {}), {"debug": True}, leave=True) is None
