"""The files of docs/guide/own-role.md, in the repository of a fleet."""

from __future__ import annotations

from pathlib import Path

from tests.support.guide import DOCS, blocks

PAGE = DOCS / "guide/own-role.md"
IMAGE = "quay.io/prometheus/node-exporter:v1.8.2"


def write_role(folder: Path) -> None:
    """Write the files of the page."""
    for block in blocks(PAGE):
        if block.mark.startswith("file: "):
            path = folder / block.mark.removeprefix("file: ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
