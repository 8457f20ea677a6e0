"""What boards report, made safe to keep and to print: they may be wrong, broken or hostile."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.rollout import events
from jetfleet.text import printable

if TYPE_CHECKING:
    from jetfleet.rollout.events import News

_DETAIL = 1000
_DATA = 16 * 1024


def bounded(news: News) -> News:
    """Return news with a short printable text, and data of at most 16 KiB of JSON."""
    if isinstance(news, events.Done):
        detail = printable(" ".join(news.detail[: 2 * _DETAIL].split()))[:_DETAIL]
        return replace(news, detail=detail, data=_small(news.data))
    if isinstance(news, events.GateRead):
        return replace(news, figures=_small(news.figures))
    return news


def _small(data: dict[str, object]) -> dict[str, object]:
    try:
        return data if len(json.dumps(data, allow_nan=False)) <= _DATA else {"left_out": True}
    except (TypeError, ValueError):
        return {"left_out": True}
