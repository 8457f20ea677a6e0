"""What commands print, kept in tests/data/forms."""

from __future__ import annotations

import re

import pytest

from tests.support.rendered import ROOT

FORMS = ROOT / "tests/data/forms"


def keep(name: str, text: str, request: pytest.FixtureRequest) -> None:
    """Compare with what is kept; commits and scratch folders stand as their names."""
    text = re.sub(r"\b[0-9a-f]{40}\b", "COMMIT", text)
    text = re.sub(r"\(([0-9a-f]{10})\)", "(COMMIT)", text)
    path = FORMS / name
    if request.config.getoption("--rewrite-snapshots"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "`make snapshots` writes it again"
