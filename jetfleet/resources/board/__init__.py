"""The board itself, which must be the one of the spec before anything on it is changed."""

from jetfleet.resources.board.board import Board
from jetfleet.resources.board.state import BoardState

__all__ = ["Board", "BoardState"]
