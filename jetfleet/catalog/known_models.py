"""What is known of a model by its source before it is locked: architecture and quantisation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from jetfleet.catalog.architecture import Architecture
from jetfleet.catalog.data_file import read_data


@dataclass(frozen=True)
class KnownModel:
    """The architecture of a model, and the least size of its weights in bytes; None: unknown."""

    architecture: Architecture
    weights: int | None = None


@cache
def known_model(source: str) -> KnownModel:
    """Return what is known of the model with this source."""
    known = _first("architectures", source)
    architecture = Architecture(
        **{key: value for key, value in known.items() if key != "pattern"},
        quantisation=_first("quantisations", source).get("name"),
        kv_cache=_first("kv_caches", source).get("name"),
    )
    return KnownModel(architecture, _first("weights", source).get("bytes"))


def known_prefix(hub: str, name: str) -> str | None:
    """Return the source without version ("ngc:ORG/TEAM/NAME") of the only model so named."""
    patterns = (row["pattern"] for row in read_data("known-models.json")["weights"])
    plain = (re.sub(r"(\.\*|@.*)$", "", pattern).rstrip(":") for pattern in patterns)
    fitting = {p for p in plain if p.startswith(f"{hub}:") and p.endswith(f"/{name}")}
    return fitting.pop() if len(fitting) == 1 else None


def _first(table: str, source: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = read_data("known-models.json")[table]
    matching = (row for row in rows if re.fullmatch(row["pattern"], source, re.IGNORECASE))
    return next(matching, {})
