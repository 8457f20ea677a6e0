"""The keys of daemon.json and the releases of Docker that have them."""

from __future__ import annotations

import pytest

from jetfleet.catalog.daemon_keys import known_keys, missing_in
from jetfleet.catalog.data_file import read_data

DATA = read_data("daemon.json")


@pytest.mark.parametrize("key", sorted(DATA["bounds"]))
def test_each_bound_has_a_key_and_its_source(key: str) -> None:
    bound = DATA["bounds"][key]
    assert key in known_keys()
    assert bound["source"].startswith("https://github.com/")
    assert {*bound} in ({"since", "source"}, {"removed", "source"})
    assert bound.get("since", "0") in bound["source"] or "removed" in bound


def test_each_flag_sets_a_known_key() -> None:
    assert {*DATA["flags"].values()} <= {*known_keys()}


@pytest.mark.parametrize(
    ("key", "release", "said"),
    [
        ("allow-direct-routing", (28, 1), "which Docker has since 28.2"),
        ("allow-direct-routing", (28, 2), ""),
        ("firewall-backend", (28, 5), "which Docker has since 29.0"),
        ("ip6tables", (20, 10), ""),
        ("graph", (20, 10), ""),
        ("graph", (23, 0), "which was removed in Docker 23.0"),
        ("bip", (20, 10), ""),
    ],
)
def test_a_release_has_a_key_or_not(key: str, release: tuple[int, int], said: str) -> None:
    assert missing_in(key, release) == said
