"""A plan notes a service that finds less memory than it needs, and raises no false alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.resources import Service
from jetfleet.steps.free_memory import Starting, memory_at_starts
from tests.support.rendered import of

GIB = 2**30


def printed(kib: int, *installed: str) -> str:
    files = "".join(f"installed /etc/jetfleet/{name}/ready.json\n" for name in installed)
    return f"Id=jetfleet-one.service\navailable {kib} kB\n{files}"


def found(text: str, one: str = "inactive", two: str = "inactive") -> dict[str, int]:
    starts = [Starting("one", one, 3 * GIB), Starting("two", two, 2 * GIB)]
    return memory_at_starts(text, starts)


def test_each_start_leaves_less_for_the_next() -> None:
    assert found(printed(4 * 2**20, "one")) == {"one": 4 * GIB, "two": GIB}
    assert found(printed(2 * 2**20)) == {"one": 2 * GIB, "two": 0}


@pytest.mark.parametrize("active", ["active", "activating", "deactivating", "unknown"])
def test_a_service_that_holds_memory_is_not_asked(active: str) -> None:
    assert found(printed(2**20), one=active) == {"two": GIB}


def test_a_failed_service_holds_none() -> None:
    assert found(printed(2**20), one="failed")["one"] == GIB


def test_nothing_is_said_where_another_service_may_end_first() -> None:
    assert found(printed(2**20, "one", "former")) == {}


@pytest.mark.parametrize("text", ["", "available\n", "installed x\n", "availability 5\n"])
def test_a_board_that_does_not_say_is_not_judged(text: str) -> None:
    assert found(text) == {}


def test_what_is_no_number_is_an_error() -> None:
    with pytest.raises(FleetError, match="in place of a number"):
        found("available lots kB\n")


SPEC = """
version: 1
models: {m: {source: "hf:Qwen/Qwen3-8B"}}
hosts:
  nano:
    module: orin-nano-super
    jetpack: "6.2"
    address: 192.0.2.13
    services:
      chat: {runtime: vllm, model: m, flags: {gpu-memory-utilization: 0.65, max-model-len: 256}}
"""


def test_a_service_has_the_share_that_its_spec_gives_it(tmp_path: Path) -> None:
    service = of(tmp_path, SPEC, "nano")["service:chat"]
    assert isinstance(service, Service)
    total = 7802500 * 1024  # about MemTotal of the board
    assert service.memory == pytest.approx(0.65 * total, rel=0.03)
