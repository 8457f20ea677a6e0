"""Tables of a Markdown page that tests compute; the text around them is written in the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def kept(page: Path, header: str, rows: Sequence[str], *, rewrite: bool) -> str:
    """Return the rows that stand below a header in a page; write these first with `rewrite`.

    `header` is the table's first line; the rows are whole lines, without their line ends.
    """
    before, found, after = page.read_text(encoding="utf-8").partition(f"{header}\n")
    assert found, f"{page} has no table {header}"
    rule, _, below = after.partition("\n")
    written, blank, rest = below.partition("\n\n")
    if rewrite:
        end = blank or "\n"
        text = f"{before}{header}\n{rule}\n" + "\n".join(rows) + end + rest
        page.write_text(text, encoding="utf-8")
        return "\n".join(rows)
    return written.rstrip("\n")
