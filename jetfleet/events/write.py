"""The writer of events."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.environment import PHASE, RUN_FOLDER
from jetfleet.events.files import event_file

if TYPE_CHECKING:
    from jetfleet.events.event import Event


def logs_events() -> bool:
    """Tell whether events of this process go anywhere."""
    return bool(os.environ.get(RUN_FOLDER))


def log_event(event: Event) -> None:
    """Append an event to its host's file, with the time and the phase of this process.

    Do nothing without a run folder in the environment. One write call, so that concurrent readers
    see whole lines.
    """
    folder = os.environ.get(RUN_FOLDER)
    if not folder:
        return
    now = {"at": round(time.time(), 3), "phase": os.environ.get(PHASE, "")}
    path = event_file(Path(folder), event.host)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json_line(event.model_copy(update=now)))


def json_line(event: Event) -> str:
    """Return an event as one line of JSON."""
    return event.model_dump_json(by_alias=True) + "\n"
