"""A confirmation whose script reaches its limit: it is sent again, or ends the change."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.converge.confirm import confirm
from jetfleet.steps import Confirm, NoAnswer, Result, StepFailed


class Hangs:
    """A board whose script does not end, the first time."""

    address = "192.0.2.9"

    def __init__(self) -> None:
        self.asked = 0

    def connect(self, address: str) -> bool:
        return address == self.address

    def run(self, script: str, title: str, seconds: int = 120) -> Result:
        del script, title, seconds
        self.asked += 1
        if self.asked == 1:
            raise NoAnswer("it did not end within 45 s")
        return Result(ok=True, out="{}")


@pytest.mark.parametrize("once", [True, False])
def test_a_way_back_that_hangs_is_not_sent_again(
    *, once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetfleet.converge.confirm.time.sleep", lambda _: None)
    board: Any = Hangs()
    step = Confirm("true", "Put it back", lambda _: False, 10, 45, once=once)
    if once:
        with pytest.raises(StepFailed, match="within 45 s"):
            confirm(step, board, lambda _: None)
        assert board.asked == 1
    else:
        assert confirm(step, board, lambda _: None).ok
        assert board.asked == 2
