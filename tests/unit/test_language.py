"""Plain English everywhere: CONTRIBUTING.md lists the words and turns that are not to be used."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "CONTRIBUTING.md"
SOURCES = (
    ".ci", "bench", "deploys", "docs", "inventory", "jetfleet", "roles", "templates", "tests",
    "twins",
)  # fmt: skip
CODE = {".py"}
TEXT = {"", ".md", ".j2", ".html", ".sh", ".yaml", ".yml", ".service", ".conf", ".css", ".js"}
# What others wrote, what programs printed, and what is rendered from files that are read here.
FOREIGN = ("tests/data", "jetfleet/catalog/data", "twins/LICENSE")

# Rooms that still have such words. Take a room out once it is clean; add one only if such words
# were moved there. `python -m tests.unit.test_language ROOM` lists what is left.
NOT_CLEAN: frozenset[str] = frozenset()


def banned(guide: str) -> Iterator[str]:
    """Yield the turns of the table, which are the code spans of its left column."""
    table = guide.split("| do not write | write instead |")[1].split("\n\n", maxsplit=1)[0]
    for row in table.splitlines()[2:]:
        yield from re.findall(r"`([^`]+)`", row.split("|")[1])


@cache
def pattern() -> re.Pattern[str]:
    """Each turn, at the beginning of a sentence too; a line may end within it."""
    turns = [
        re.escape(turn).replace(r"\*", r"\w*").replace(r"\ ", r"\s+(?:#\s+)?")
        for turn in banned(GUIDE.read_text(encoding="utf-8"))
    ]
    either = [f"[{turn[0]}{turn[0].upper()}]{turn[1:]}" for turn in turns]
    return re.compile(rf"\b(?:{'|'.join(either)})\b")


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield what a person reads in a file, with the line that it begins at.

    Of Python that is comments, names of functions and classes, and strings; of tests only those
    strings that are docstrings, because the others are data and what the product says.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix not in CODE:
        if path == GUIDE:
            text = re.sub(r"\n\| do not write .*?\n\n", "\n\n", text, flags=re.DOTALL)
        yield 1, re.sub(r"\{[{%].*?[%}]\}", "", text, flags=re.DOTALL)  # Jinja's own
        return
    whole = not path.is_relative_to(ROOT / "tests")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name.replace("_", " ")
        if not whole and isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or (whole and token.type == tokenize.STRING):
            yield token.start[0], token.string


def room(path: Path) -> str:
    """The folder that a file belongs to, two levels deep; a file above that is its own room."""
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]) if len(parts) > 2 else str(path.relative_to(ROOT))


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project that is written for people."""
    found = [*ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "bootstrap.sh"]
    for top in SOURCES:
        for folder, _, names in os.walk(ROOT / top):
            found += [Path(folder) / name for name in names]
    return tuple(
        path
        for path in sorted(set(found))
        if path.suffix in CODE | TEXT
        and not str(path.relative_to(ROOT)).startswith(FOREIGN)
        and "__pycache__" not in path.parts
    )


@cache
def findings() -> dict[str, list[str]]:
    """What is to be said in other words, by room."""
    found: dict[str, list[str]] = {}
    for path in files():
        said = {
            (line + text[: match.start()].count("\n"), " ".join(match[0].split()))
            for line, text in texts(path)
            for match in pattern().finditer(text)
        }
        name = path.relative_to(ROOT)
        found.setdefault(room(path), []).extend(
            f"{name}:{line}: {turn!r}" for line, turn in sorted(said)
        )
    return found


@pytest.mark.parametrize("name", sorted({room(path) for path in files()} - NOT_CLEAN))
def test_a_room_is_in_plain_english(name: str) -> None:
    lines = findings()[name]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("Somebody has told\n    # the hub.", ["Somebody", "told"]),
        ("It waits without\n    # leave.", ["without # leave"]),
        ("A retold story; someone's.", ["someone"]),
        ("The user allows it.", []),
    ],
)
def test_turns_are_found_across_lines_and_in_words_alone(text: str, turns: list[str]) -> None:
    assert [" ".join(match[0].split()) for match in pattern().finditer(text)] == turns


if __name__ == "__main__":  # the counts, and with a room's name its lines
    import sys

    for _name, _lines in sorted(findings().items(), key=lambda item: -len(item[1])):
        if _lines and (len(sys.argv) == 1 or _name in sys.argv[1:]):
            print(f"{len(_lines):4} {_name}")
            print("\n".join(_lines) if len(sys.argv) > 1 else "", end="\n" * (len(sys.argv) > 1))
