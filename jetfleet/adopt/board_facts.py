"""What a part of a board gave: keys for the spec, and what was seen that the spec cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class BoardFacts:
    """Keys for the host in the spec, and sentences on what is left as it is.

    Parameters
    ----------
    keys:
        Body of the host, as the spec has it.
    seen:
        What was seen and is not managed, each with what to write to have it managed.

    """

    keys: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
