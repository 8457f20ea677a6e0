"""Sections: parts of a script that are framed, so that each is read and fails for itself."""

from __future__ import annotations

BEGIN = "@jetfleet-begin"
END = "@jetfleet-end"


def section(name: str, script: str) -> str:
    """Return a script that frames what another prints; it ends for itself whatever happens."""
    return f"echo {BEGIN} {name}\n(\n{script}) </dev/null 2>/dev/null\nprintf '\\n{END} %s\\n' $?\n"


def sections_of(output: str) -> dict[str, tuple[str, str]]:
    """Return each section's exit status and text by name; of a broken frame, nothing."""
    sections: dict[str, tuple[str, str]] = {}
    kind, lines = "", list[str]()
    for line in output.splitlines():
        if line.startswith(f"{BEGIN} "):
            kind, lines = line.split(" ", 1)[1], []
        elif line.startswith(f"{END} ") and kind:
            sections[kind] = (line.split(" ", 1)[1], "\n".join(lines).rstrip("\n"))
            kind = ""
        else:
            lines.append(line)
    return sections
