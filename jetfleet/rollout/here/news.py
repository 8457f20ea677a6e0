"""Tasks and their news as lines of JSON, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from jetfleet.errors import FleetError
from jetfleet.rollout.boards import Task
from jetfleet.rollout.rollout import Gate
from jetfleet.rollout.store.encode import event_data, read_event
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.rollout.events import News


def task_data(task: Task) -> dict[str, Any]:
    """Return a task as plain values."""
    return asdict(task)


def task_of(data: Mapping[str, Any]) -> Task:
    """Return a task from plain values; TypeError or LookupError if they are not one."""
    gates = tuple(Gate(**gate) for gate in data["gates"])
    lists = {name: tuple(data[name]) for name in ("hosts", "controls")}
    return Task(**{**data, **lists, "gates": gates})


def written(news: News) -> str:
    """Return news as one line."""
    line = {"kind": news.kind, "at": round(news.at, 3), "data": read_object(event_data(news))}
    return json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n"


def read_news(line: bytes) -> News | None:
    """Return the news of a line; None if it is half a line, or of another version."""
    try:
        found = read_object(line)
        news = read_event(str(found["kind"]), float(found["at"]), json.dumps(found["data"]))
    except (FleetError, ValueError, TypeError, LookupError):
        return None
    return cast("News", news)
