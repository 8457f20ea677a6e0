"""Labs of twins that the tests of a worker share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.lab import Lab


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Lab]]:
    """A lab of one board of the example that has converged, by the board's name."""
    labs: dict[str, Lab] = {}

    def of(host: str) -> Lab:
        if host not in labs:
            labs[host] = Lab.up(tmp_path_factory.mktemp(host), [host])
            labs[host].apply()
        return labs[host]

    yield of
    for lab in labs.values():
        lab.down()
