"""Fixtures of the tests of programs on boards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.board.canned_server import Canned, serving


@pytest.fixture
def server() -> Iterator[Canned]:
    """A server with prepared answers that records its requests."""
    with serving() as canned:
        yield canned
