"""A fleet in a run of many hosts: what they have in common is computed once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from jetfleet.fleet import fleet as module
from jetfleet.role.role_input import RoleInput
from jetfleet.steps import Links
from tests.support.rendered import ROOT, fleet, invented

EXAMPLE = ROOT / "inventory/lab.yaml"
AT_ONCE = 8


class Slow:
    """A role that gives the others their turn while it is asked."""

    __name__ = "slow"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def desired(self, inputs: RoleInput) -> list[Any]:
        self.asked.append(inputs.host.name)
        time.sleep(0.001)
        return []


def test_what_roles_want_is_made_once_for_all_hosts() -> None:
    one, role = fleet(EXAMPLE), Slow()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda _: one.wanted([role]), range(AT_ONCE)))  # type: ignore[list-item]
    assert len({id(wanted) for wanted in made}) == 1
    assert sorted(role.asked) == sorted(host.name for host in one.spec.hosts)


def test_boards_share_one_question_to_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    one = fleet(EXAMPLE)
    one.lock = invented(one.spec.models)
    asked: list[str] = []

    def links(locked: Any, paths: Any) -> Links:
        del paths
        asked.append(locked.revision)
        time.sleep(0.01)
        return Links({})

    monkeypatch.setattr(module, "hub_of", lambda *_: SimpleNamespace(links=links))
    resolver = one.resolver
    with ThreadPoolExecutor(AT_ONCE) as pool:
        every = [False] * AT_ONCE  # none of them asks for fresh links
        list(pool.map(lambda fresh: resolver.links("qwen3-8b-fp8", ["a"], fresh), every))
    assert len(asked) == 1
