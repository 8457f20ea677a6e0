"""Every command and option that a message, a docstring or a page names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from jetfleet.cli import app
from tests.support.rendered import ROOT
from tests.support.sources import tree_of

CODE = ("jetfleet", "roles", "deploys", "twins")
TEXT = {".md", ".yaml", ".yml", ".j2", ".sh", ".html", ""}

CALL = re.compile(
    r"(?:`(?:[A-Z_]+=\S+\s)?jetfleet\s(?P<code>[^`]+)`|\(jetfleet\s(?P<aside>[^)]+)\))"
)
"""A call in a sentence: between backticks, or in parentheses."""


def calls_in(text: str) -> list[list[str]]:
    """Return the calls of `jetfleet` that a text names, each as its words."""
    found = (call["code"] or call["aside"] for call in CALL.finditer(text))
    return [re.split(r" [|<>#] ", call)[0].split() for call in found]


def strings(tree: ast.AST) -> Iterator[str]:
    """Yield the string literals of a module; what an f-string fills in stands as X."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def files() -> Iterator[Path]:
    """Yield every file that is read by people or whose text reaches them."""
    yield from ROOT.glob("*.md")
    for folder in (*CODE, "docs", "inventory", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXT | {".py"} and "data/rootfs" not in str(path):
                yield path


def texts(path: Path) -> list[str]:
    if path.suffix == ".py":
        return [*strings(tree_of(path))]
    return [path.read_text(encoding="utf-8", errors="replace")]


def named(path: Path) -> list[list[str]]:
    return [call for text in texts(path) for call in calls_in(text)]


NAMING = {path.relative_to(ROOT): calls for path in files() if (calls := named(path))}


def unknown(words: list[str]) -> list[str]:
    """Return the commands and options of a call that do not exist."""
    group: Any = typer.main.get_command(app)
    left = list(words)
    while hasattr(group, "get_command") and left and re.fullmatch("[a-z]+", left[0]):
        name = left.pop(0)
        group = group.get_command(typer.Context(group), name)
        if group is None:
            return [name]
    known = {option for one in group.params for option in (*one.opts, *one.secondary_opts)}
    known |= {"--help"}
    # Of the command itself: those that the completion adds.
    known |= {"--install-completion", "--show-completion"} if words == left else set()
    return [word for word in left if word.startswith("-") and word not in known]


@pytest.mark.parametrize("path", NAMING, ids=str)
def test_what_it_names_is_there(path: Path) -> None:
    wrong = {" ".join(words): unknown(words) for words in NAMING[path] if unknown(words)}
    assert not wrong


def test_messages_are_read() -> None:
    """A change of the layout must not leave the code unread."""
    assert len([path for path in NAMING if path.suffix == ".py"]) > 20
    assert Path("jetfleet/starter/data/README.md") in NAMING


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("see `jetfleet images`", ["images"]),
        ("(jetfleet explain R1)", []),
        ("`jetfleet plan SPEC --dif`", ["--dif"]),
        ("`NGC_API_KEY=x jetfleet lock SPEC`", []),
        ("`jetfleet twin upp SPEC`", ["upp"]),
        ("`jetfleet twin down SPEC --keep`", []),
        ("`jetfleet plan SPEC | head -1`", []),
        ("jetfleet writes a file", []),
    ],
)
def test_a_name_that_is_wrong_is_seen(text: str, wrong: list[str]) -> None:
    assert [word for words in calls_in(text) for word in unknown(words)] == wrong
