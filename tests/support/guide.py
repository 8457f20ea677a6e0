"""The README and the guide as a reader follows them: files to write, commands to give."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import terminal
from tests.support.pyinfra import BIN, ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [README, *sorted(path for path in DOCS.rglob("*.md") if "adr" not in path.parts)]

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>[^>]*) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

GIVEN = ("run", "path", "twins", "slow board", "leased board")
"""Marks of blocks whose commands are given."""


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment above it says is to be done with it.

    ``file: PATH`` writes it; ``edit: PATH`` changes lines of a file from those with ``-`` to those
    with ``+``; ``part`` is laid over a whole spec; ``in: PATH`` stands in that spec. ``run`` gives
    its commands, lines that begin with ``$``, in the reader's folder; ``path`` gives them in a
    clone of the project, one after another; ``twins`` where the virtual Jetsons of the example
    are up; ``slow board`` and ``leased board`` where boards on loopback are, of which one hangs or
    is changed by another run. All of these say with ``: exits N`` how the commands end, and lines
    below a command are what it prints, ``…`` for what is left out. ``prints`` is what the block
    before it printed, and ``shown: WHY`` is only to be read.
    """

    page: Path
    line: int
    mark: str
    language: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Its commands, without the prompt, each with what it prints.

        A line that ends with a backslash goes on.
        """
        joined = self.text.replace("\\\n", " ")
        steps = re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]
        return [(command, printed) for command, _, printed in (s.partition("\n") for s in steps)]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found["mark"] or "", found["language"], found["text"])


def follow(
    page: Path, folder: Path, *marks: str, environ: Mapping[str, str] | None = None
) -> Iterator[tuple[Block, str, str]]:
    """Do what a page says in a folder, at a terminal; yield block, command and what is wrong.

    What a reader takes into their shell by ``.`` stays there for the rest of the page.
    """
    given = {"PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1", **(environ or {})}
    taken: list[str] = []
    printed = ""
    for block in blocks(page):
        kind, _, name = block.mark.partition(": ")
        if kind == "file":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text, encoding="utf-8")
        if kind not in marks:
            continue
        if kind == "edit":
            yield block, "", _edited(folder / name, block.text)
        if kind == "prints":
            yield block, "", lacking(block.text, printed)
        printed = ""
        for command, expected in block.commands if kind in GIVEN else ():
            script = "\n".join([*taken, command])
            done = terminal.run(["bash", "-c", script], folder, given)
            printed += done.text
            wanted = int(name.removeprefix("exits ")) if name else 0
            wrong = lacking(expected, done.text)
            if done.status != wanted:
                wrong = f"exit status {done.status}: {done.text[-3000:]}"
            yield block, command, wrong
            if command.startswith(". "):
                taken.append(command)


def _edited(path: Path, diff: str) -> str:
    """Change a file as a person does who reads a diff of some lines; say if they are not there."""
    lines = [(line[:1], line[1:]) for line in diff.splitlines(keepends=True)]
    old = "".join(line for sign, line in lines if sign != "+")
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        return f"{path} has {text.count(old)} times {old}"
    new = "".join(line for sign, line in lines if sign != "-")
    path.write_text(text.replace(old, new), encoding="utf-8")
    return ""


def lacking(expected: str, printed: str) -> str:
    """Say which line of an expected text was not printed, in their order; blanks are ignored."""
    rest = " ".join(printed.split())
    for part in re.split("[…\n]", expected):
        words = " ".join(part.split())
        _, found, after = rest.partition(words) if words else ("", "yes", rest)
        if not found:
            return f"`{words}` was not printed, or earlier: {printed[-3000:]}"
        rest = after
    return ""
