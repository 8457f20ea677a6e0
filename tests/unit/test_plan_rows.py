"""Rows of a deploy: each resource of a host has one, and large mixed fleets have few."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from jetfleet.fleet.desired_state import DesiredState
from jetfleet.fleet.plan_rows import MOST_HOSTS, MOST_ROWS, plan_rows
from jetfleet.resources import File, Service


def state(services: Mapping[str, list[str]]) -> DesiredState:
    """Hosts with a common file, and with services of these names, each with a file."""
    by_host = {
        host: [File("/etc/common", "x"), *(File(f"/etc/{one}", "x") for one in names),
               *(Service(one, "hash") for one in names)]
        for host, names in services.items()
    }  # fmt: skip
    spec = SimpleNamespace(path=Path("x.yaml"))
    return DesiredState(spec, None, {"roles.serving": by_host})  # type: ignore[arg-type]


def fleet(hosts: int, kinds: int) -> dict[str, list[str]]:
    return {
        f"h{host:03}": [f"s{(host * 3 + one) % kinds:03}" for one in range(3)]
        for host in range(hosts)
    }


@pytest.mark.parametrize(("hosts", "kinds"), [(5, 15), (60, 90), (60, 300), (7, 4), (21, 1)])
def test_each_resource_is_in_one_row_of_its_host(hosts: int, kinds: int) -> None:
    wanted = state(fleet(hosts, kinds))
    names = list(fleet(hosts, kinds))
    rows = plan_rows(wanted, names)
    assert list(rows) == names
    titles: dict[int, set[str]] = {}
    for host in names:
        keys = [key for row in rows[host] for key in row.keys]
        assert keys == [row.key for _, row in wanted.rows(frozenset({host}))]
        places = [row.place for row in rows[host]]
        assert places == sorted(set(places))
        for row in rows[host]:
            titles.setdefault(row.place, set()).add(row.name)
    assert all(len(names) == 1 for names in titles.values()), "a place has one name on all hosts"


def test_few_rows_are_named_after_their_resources() -> None:
    rows = plan_rows(state({"a": ["chat"], "b": ["vision"]}), ["a", "b"])
    assert [row.name for row in rows["b"]] == [
        "serving | Write /etc/common",
        "serving | Write /etc/vision",
        "serving | Serve vision",
    ]
    assert not any(row.shared for row in rows["b"])


@pytest.mark.parametrize(("hosts", "kinds"), [(MOST_HOSTS + 1, 1), (MOST_HOSTS, 60), (500, 300)])
def test_a_large_run_has_a_row_a_role(hosts: int, kinds: int) -> None:
    wanted = fleet(hosts, kinds)
    rows = plan_rows(state(wanted), list(wanted))
    assert MOST_ROWS < 2 * 60
    assert {row.place for mine in rows.values() for row in mine} == {0}


def test_a_row_for_several_resources_says_so() -> None:
    wanted = fleet(60, 150)
    (row,) = plan_rows(state(wanted), list(wanted))["h007"]
    assert row.name == "serving | Write /etc/common and 300 more"
    assert row.shared


def test_rows_of_roles_stand_in_the_order_of_changes() -> None:
    files = {f"h{n:03}": [File("/etc/one", "x")] for n in range(MOST_HOSTS + 1)}
    more = {host: [File("/etc/two", "x"), Service("chat", "hash")] for host in files}
    spec = SimpleNamespace(path=Path("x.yaml"))
    wanted = DesiredState(spec, None, {"roles.docker": files, "roles.serving": more})  # type: ignore[arg-type]
    rows = plan_rows(wanted, list(files))["h000"]
    assert [(row.name, row.keys) for row in rows] == [
        ("docker | Write /etc/one", ("file:/etc/one",)),
        ("serving | Write /etc/two and 1 more", ("file:/etc/two", "service:chat")),
    ]
