"""Services of a farm that are down: how long they take to start, and on which board they hang."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "starts.json"


@dataclass(frozen=True)
class Starts:
    """How the services of all boards start.

    Parameters
    ----------
    seconds:
        What a start takes; 0: the services are up, and a run finds nothing to do.
    hung:
        Numbers of the boards that never answer the script that starts a service.

    """

    seconds: float = 0
    hung: tuple[int, ...] = ()

    def save(self, folder: Path) -> None:
        """Write it beside the spec of a farm."""
        (folder / _FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Starts:
        """Return what is written beside the spec of a farm."""
        known = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(known["seconds"], tuple(known["hung"]))


IN_SYNC = Starts()
