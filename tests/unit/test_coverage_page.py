"""docs/guide/coverage.md names only keys and deploys that there are.

Its commands are tried by tests/cli/test_named_commands.py, its links by tests/cli/test_guide.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.guide import DOCS
from tests.support.pyinfra import ROOT

PAGE = (DOCS / "guide/coverage.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "spec.schema.json").read_text(encoding="utf-8"))
BY_NAME = {"flags", "hubs", "packages", "registries"}
"""Keys whose own keys are names of the user's."""


def properties(schema: object) -> Iterator[str]:
    """Yield the names of all keys that a schema describes."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
    if isinstance(schema, dict | list):
        for part in schema.values() if isinstance(schema, dict) else schema:
            yield from properties(part)


KEYS = {*properties(SCHEMA)}


def named(page: str) -> list[str]:
    """Return what the second column of the tables with three columns has as code."""
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    last = next(at for at, row in enumerate(rows) if row[1].strip() == "why")
    return [span for row in rows[:last] for span in re.findall(r"`([^`]+)`", row[1])]


def keys_in(span: object, *, names: bool = False) -> Iterator[str]:
    """Yield the keys of a part of a spec, but for names of the user's."""
    if isinstance(span, dict):
        for key, value in span.items():
            if not names:
                yield key
            yield from keys_in(value, names=key in BY_NAME)


def wrong(span: str) -> list[str]:
    """Return what of a code span there is not."""
    if span.startswith("deploys/"):
        return [] if (ROOT / span).is_file() else [span]
    if "jetfleet " in span or span.startswith(("--", "/")):
        return []
    part: Any = YAML(typ="safe").load(span)
    words = keys_in(part) if isinstance(part, dict) else str(part).split(".")
    return [word for word in words if word not in KEYS]


@pytest.mark.parametrize("span", dict.fromkeys(named(PAGE)))
def test_what_it_names_is_there(span: str) -> None:
    assert not wrong(span)


@pytest.mark.parametrize(
    "span", ["clock_s: locked", "power: {mod: MAXN}", "deploys/none.py", "bench.ove", "swaps"]
)
def test_what_is_not_there_is_seen(span: str) -> None:
    assert wrong(span)


def test_the_page_is_read() -> None:
    assert len(named(PAGE)) > 50
