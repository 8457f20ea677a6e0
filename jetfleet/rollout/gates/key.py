"""Under which circumstances a figure was measured: only equal ones can be compared."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.bench.result import BoardAs, ImageAs, ModelAs


class Key(BaseModel):
    """Board, image, model and options of a service that was measured, as benchmarks note them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    board: BoardAs
    image: ImageAs
    model: ModelAs
    flags: dict[str, Any] = Field(default_factory=dict)

    @property
    def speed(self) -> tuple[object, ...]:
        """What a change may not touch if the figures before it are to be compared with it."""
        board, model = self.board, self.model
        return (board.module, board.power_mode, board.clocks_locked, model.name, model.quantisation)

    @property
    def whole(self) -> tuple[object, ...]:
        """Everything that two records must have in common."""
        image = self.image.digest or self.image.name
        return (*self.speed, self.board.l4t, image, self.model.revision, _plain(self.flags))


_NAMES = ("the module", "the power mode", "the clocks", "the model", "the quantisation")


def changed(before: Key, after: Key) -> tuple[str, ...]:
    """Return what a change touches, so that figures before it say nothing of those after it."""
    pairs = zip(_NAMES, before.speed, after.speed, strict=True)
    return tuple(name for name, one, other in pairs if one != other)


def _plain(value: object) -> object:
    """Return JSON values as ones that can be compared and hashed, whatever their order."""
    if isinstance(value, dict):
        return tuple(sorted((str(name), _plain(one)) for name, one in value.items()))
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return repr(value)
