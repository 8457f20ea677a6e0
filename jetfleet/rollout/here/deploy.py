"""What the deploy that reads boards says: its work is imported when pyinfra executes it."""

from __future__ import annotations

from jetfleet.fleet.deploy import end_of_reading


def read_board() -> None:
    """Read this host for the gates of a rollout, as ``--data question=FILE`` asks."""
    end_of_reading(None)
    from jetfleet.rollout.here import reading  # noqa: PLC0415 - a deploy may be read for its roles

    reading.read_board()
