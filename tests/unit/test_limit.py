"""What a limit means, to `jetfleet` and to pyinfra."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.inventory.groups import groups_for_pyinfra
from jetfleet.spec.limit import groups_of, hosts_of
from jetfleet.spec.load import Spec, load

SPEC = """\
version: 1
defaults: {module: agx-orin-64gb, jetpack: "6.2"}
groups: {line: {}, dock-2: {}, a: {}, all: {}, empty: {}}
hosts:
  a: {address: 192.0.2.1, groups: [line]}
  b: {address: 192.0.2.2, groups: [line, dock-2, a, all]}
  c: {address: 192.0.2.3}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    path = tmp_path / "lab.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return load(path)


def test_groups_have_their_hosts(spec: Spec) -> None:
    assert groups_of(spec) == {
        "line": ("a", "b"), "dock-2": ("b",), "a": ("b",), "all": ("b",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "hosts"),
    [
        ([], "abc"), (["line"], "ab"), (["dock-2"], "b"), (["c"], "c"), (["[bc]"], "bc"),
        (["c", "dock-2"], "bc"), (["*"], "abc"),
    ],
)  # fmt: skip
def test_a_limit_means_hosts_in_the_order_of_the_spec(
    spec: Spec, limit: list[str], hosts: str
) -> None:
    assert hosts_of(spec, limit) == tuple(hosts)


@pytest.mark.parametrize("word", ["nope", "lin", "empty", "", "A", "b,c"])
def test_a_limit_that_means_no_host_is_an_error(spec: Spec, word: str) -> None:
    with pytest.raises(FleetError, match="its hosts are a, b, c; its groups are a, all"):
        hosts_of(spec, ["line", word])


def test_a_name_of_a_host_and_of_a_group_of_others_is_an_error(spec: Spec) -> None:
    with pytest.raises(FleetError, match="a is a host and a group"):
        hosts_of(spec, ["a"])


def test_pyinfra_gets_the_groups_that_it_can_have(spec: Spec) -> None:
    # `a` stays the name of a host; `all` is another thing to pyinfra.
    assert groups_for_pyinfra(spec) == {"line": ["a", "b"], "dock-2": ["b"]}


def test_a_large_fleet_is_not_listed_whole(tmp_path: Path) -> None:
    hosts = "".join(f"  h{n}: {{address: h{n}.example}}\n" for n in range(300))
    path = tmp_path / "lab.yaml"
    path.write_text(SPEC.split("groups:", maxsplit=1)[0] + f"hosts:\n{hosts}", encoding="utf-8")
    with pytest.raises(FleetError, match=r"h19 and 280 more$"):
        hosts_of(load(path), ["nope"])
