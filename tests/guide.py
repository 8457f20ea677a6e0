"""The pages of the guide as a reader follows them: files to write, commands to give."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.plan import BIN, ROOT

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "adr" not in path.parts)

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment above it says is to be done with it.

    ``file: PATH`` writes it; ``part`` is laid over a whole spec; ``run`` gives its commands, lines
    that begin with ``$``, in the reader's folder; ``twins`` gives them where virtual Jetsons of
    the example are up; ``shown: WHY`` is only to be read.
    """

    page: Path
    line: int
    mark: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its commands, without the prompt; lines that end with a backslash go on."""
        joined = self.text.replace("\\\n", " ")
        return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page that a reader would copy."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        if found["language"] in {"yaml", "console"}:
            line = text.count("\n", 0, found.start()) + 1
            yield Block(page, line, found["mark"] or "", found["language"], found["text"])


def follow(page: Path, folder: Path, *marks: str) -> Iterator[tuple[Block, str, str]]:
    """Do what a page says in a folder; yield block, command and what is wrong with its outcome."""
    environ = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1"}
    for block in blocks(page):
        kind, _, name = block.mark.partition(": ")
        if kind == "file":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text, encoding="utf-8")
        if kind not in marks:
            continue
        for command in block.commands:
            done = subprocess.run(
                ["bash", "-c", command], cwd=folder, env=environ, check=False,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
            )  # fmt: skip
            wanted = int(name.removeprefix("exits ")) if name else 0
            said = f"{done.stdout}{done.stderr}"[-3000:]
            yield block, command, "" if done.returncode == wanted else f"{done.returncode}: {said}"
