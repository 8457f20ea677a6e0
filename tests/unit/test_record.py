"""The record of an apply: by what is on a board, not by how it came there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jetfleet.resources import Model, PowerMode, Resource, Service
from jetfleet.roles import record
from tests.support.rendered import ROOT, fleet, wanted


def recorded(resource: Resource[object]) -> object:
    inputs = fleet(ROOT / "tests/data/fleet.yaml").role_input("orin")
    return record.desired(replace(inputs, so_far=(resource,)))


def of(kind: type[Resource[object]]) -> Resource[object]:
    return next(
        one
        for one in wanted(ROOT / "tests/data/fleet.yaml").resources("orin").values()
        if isinstance(one, kind)
    )


@pytest.mark.parametrize(
    ("kind", "field", "value", "same"),
    [
        (Model, "max_rate", "20M", True),
        (Model, "seeds", ("http://192.0.2.1:8470",), True),
        (Service, "patience", 1.0, True),
        (PowerMode, "boots", (), True),
        (Model, "revision", "other", False),
        (Service, "started_with", "other", False),
        (PowerMode, "mode", "other", False),
    ],
)
def test_a_record_changes_with_the_board_alone(
    kind: type[Resource[object]], field: str, value: object, *, same: bool
) -> None:
    resource = of(kind)
    assert (recorded(resource) == recorded(replace(resource, **{field: value}))) is same
