"""What a run found and did, as JSON lines in the folder that the environment names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources import Change

FOLDER = "JETFLEET_RUN"
"""Environment variable with the run folder; without it nothing is written."""


def record(host: str, key: str, changes: Sequence[Change], outcome: str, reason: str = "") -> None:
    """Append a line for each change of a resource (or one, if it has none) to the host's file.

    Each line has host, resource, attribute, have, want, sentence, outcome (``planned``,
    ``changed``, ``refused`` or ``failed``) and reason.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    about = {"host": host, "resource": key, "outcome": outcome, "reason": reason}
    rows = [
        {**about, "attribute": c.attribute, "have": c.have, "want": c.want, "sentence": c.sentence}
        for c in changes
    ] or [about]
    path = Path(folder) / f"{host}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
