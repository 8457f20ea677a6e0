"""Connections within the limit of open files: which one is closed for the next."""

from __future__ import annotations

from collections.abc import Callable

from jetfleet.inventory.open_files import Connections


class Client:
    """A connection that can be closed; closing may let others go on meanwhile."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.closed = False
        self.meanwhile = meanwhile

    def close(self) -> None:
        self.closed = True
        self.meanwhile()


class Connector:
    def __init__(self) -> None:
        self.client = Client()


def test_the_one_that_was_idle_for_the_longest_is_closed() -> None:
    known, (a, b, c) = Connections(2), (Connector() for _ in range(3))
    for one in (a, b):
        known.opened(one)  # type: ignore[arg-type]
    with known.using(a, lambda: None):  # type: ignore[arg-type]
        pass
    known.opened(c)  # type: ignore[arg-type]
    assert [one.client.closed for one in (a, b, c)] == [False, True, False]


def test_one_that_is_opened_again_is_not_closed_meanwhile() -> None:
    known, (a, b, c) = Connections(1), (Connector() for _ in range(3))
    known.opened(a)  # type: ignore[arg-type]
    known.opened(b)  # type: ignore[arg-type]
    assert a.client.closed
    b.client.meanwhile = lambda: known.opened(c)  # type: ignore[arg-type]

    def connect() -> None:
        a.client = Client()
        known.opened(a)  # type: ignore[arg-type]

    with known.using(a, connect):  # type: ignore[arg-type]
        assert b.client.closed
        assert not a.client.closed
