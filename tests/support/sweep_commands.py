"""Commands of a sweep that change no board: they write down what they do."""

from __future__ import annotations

from pathlib import Path

from jetfleet.bench.sweep import Commands


def commands(folder: Path) -> Commands:
    """Commands that write what they do at which point; a file `PART-POINT` says what happens."""
    text = (
        f'at="$1-${{JETFLEET_POINT:-spec}}${{2:+-$2}}"; echo "$at" >> {folder}/log; '
        f'trap "exit 130" INT; '
        f'file={folder}/$1-${{JETFLEET_POINT:-spec}}; if [ -f "$file" ]; then . "$file"; fi'
    )
    return Commands(
        ("sh", "-c", text, "sh", "plan"),
        ("sh", "-c", text, "sh", "apply"),
        lambda title: ("sh", "-c", text, "sh", "measure", title),
    )
