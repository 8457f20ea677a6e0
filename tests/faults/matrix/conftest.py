"""The boards of a file of cells, and the rounds that are played on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.hold import Hold, Problem
from tests.faults.matrix.rig import Rig, rig
from tests.faults.matrix.round import Outcome, play, rounds

MOST = 4
"""How many fleets of boards the cells of a file may use."""

Check = Callable[[Cell], Outcome]


class Rounds:
    """Plays a round when its first cell is asked for; on new boards if some are unsound."""

    def __init__(self, cells: list[Cell], folder: Path, stack: ExitStack, *, power: bool) -> None:
        self._round_of = {cell: one for one in rounds(cells) for cell in one}
        self._folder, self._stack, self._power = folder, stack, power
        self._outcomes: dict[Cell, Outcome] = {}
        self._rig: Rig | None = None
        self._count = self._fleets = 0

    def __call__(self, cell: Cell) -> Outcome:
        """Return what was found of a cell; play its round again without the others if it missed."""
        if cell not in self._outcomes:
            self._play(self._round_of[cell])
        if self._outcomes[cell].missed:
            self._play([cell])
        return self._outcomes[cell]

    def _play(self, cells: list[Cell]) -> None:
        self._count += 1
        try:
            found = play(self._boards(), cells, self._folder / f"round-{self._count}")
        except Exception as error:  # noqa: BLE001 - each cell of the round fails with it
            if self._rig:
                self._rig.sound = False
            broken = Problem(Hold.CONVERGES, f"the round broke off: {error!r}"[:2000])
            found = [Outcome(cell, [broken]) for cell in cells]
        self._outcomes.update((one.cell, one) for one in found)

    def _boards(self) -> Rig:
        """Return boards that are sound; raise if too many were needed."""
        if self._rig is None or not self._rig.sound:
            self._rig, self._fleets = None, self._fleets + 1
            assert self._fleets <= MOST, f"{MOST} fleets of boards were not sound any more"
            self._stack.close()
            folder = self._folder / f"boards-{self._count}"
            self._rig = self._stack.enter_context(rig(folder, power=self._power))
        return self._rig


@pytest.fixture(scope="module")
def outcome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Check]:
    """What the round of a cell found of it. Only the cells that were chosen are played."""
    cells = [
        item.callspec.params["cell"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
    ]
    with ExitStack() as stack:
        yield Rounds(
            cells,
            tmp_path_factory.mktemp("matrix"),
            stack,
            power=any(cell.phase.name == "reboot" for cell in cells),
        )
