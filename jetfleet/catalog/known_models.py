"""What is known of some models: the least memory that they need, and their greatest context."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jetfleet.catalog.read import read, sources


@dataclass(frozen=True)
class KnownModel:
    """Lower bounds in bytes, and the context in tokens that the model's own config allows."""

    pattern: str
    weights_bytes: int
    kv_bytes_per_token: int
    context: int
    sources: tuple[str, ...]
    unverified: frozenset[str]

    def least_bytes(self, tokens: int) -> int:
        """Return the least memory in which a context of `tokens` can be served."""
        return self.weights_bytes + tokens * self.kv_bytes_per_token


def known_model(source: str) -> KnownModel | None:
    """Return what is known of the model with this source in a spec, or None."""
    for row in read("known-models.json")["models"]:
        if re.fullmatch(row["pattern"], source):
            lists = {
                "sources": sources(row["sources"]),
                "unverified": frozenset(row["unverified"]),
            }
            return KnownModel(**{**row, **lists})
    return None


def known_prefix(hub: str, name: str) -> str | None:
    """Return the source without version ("ngc:ORG/TEAM/NAME") of the one known model so called."""
    patterns = (row["pattern"] for row in read("known-models.json")["models"])
    plain = (re.sub(r"(\.\*|@.*)$", "", pattern).rstrip(":") for pattern in patterns)
    fitting = {p for p in plain if p.startswith(f"{hub}:") and p.endswith(f"/{name}")}
    return fitting.pop() if len(fitting) == 1 else None
