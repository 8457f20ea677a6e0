"""Each form of output with each hostile text: it stays text, and nothing around it changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

from jetfleet.cli import app
from tests.hostile.hostile_text import TEXTS, within
from tests.hostile.output_forms import FORMS
from tests.hostile.poison import poisoned

HARMLESS = "harmless"


def inert(text: str) -> None:
    """Nothing in a text commands a terminal, hides, or turns the writing direction."""
    acting = {char for char in text if not char.isprintable()} - {"\n", "\t"}
    assert not acting, [line for line in text.splitlines() if acting & set(line)][:3]


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        del data
        self.other.append("comment")

    def handle_pi(self, data: str) -> None:
        del data
        self.other.append("processing instruction")

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)


def html_shape(text: str) -> Any:
    shape = Shape(text)
    names = [name for tag in shape.tags for name in tag[1:]]
    assert not {"href", "src", "action", "style"} & {*names}
    assert not [name for name in names if name.startswith("on")]
    return shape.tags, shape.other


_LIVE = re.compile(r"(?i)[@#!$%&]\w|://|\bwww\.|\bGH-\d")
"""What GitHub and GitLab make a mention or a link of, outside of code."""


def markdown_shape(text: str) -> Any:
    html = MarkdownIt("commonmark").enable("table").render(text)
    shape = Shape(html)
    assert not {"a", "img", "script"} & {tag[0] for tag in shape.tags}
    plain = re.sub(r"<code\b.*?</code>|<!--.*?-->|<[^>]*>", " ", html, flags=re.DOTALL)
    plain = plain.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
    assert not _LIVE.search(plain.replace("&amp;", "&")), plain
    return shape.tags, shape.other


def xml_shape(text: str) -> Any:
    root = ET.fromstring(text)  # noqa: S314 - our own text
    return [(one.tag, *sorted(one.attrib)) for one in root.iter()]


def json_shape(text: str) -> Any:
    return _keys(json.loads(text))


def yaml_shape(text: str) -> Any:
    return _keys(YAML(typ="safe").load(text))


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return [_keys(one) for one in value.values()]
    return [_keys(one) for one in value] if isinstance(value, list) else type(value).__name__


def no_shape(_: str) -> None:
    """Nothing: lines of a table change with the length of a text."""


def count_of_lines(text: str) -> Any:
    return len(text.split("\n"))


def shape_of(form: str) -> Callable[[str], Any]:
    """Return what of a form no text may change, by the name of the form."""
    found = {
        "html": html_shape, "markdown": markdown_shape, "junit": xml_shape, "json": json_shape,
        "yaml": yaml_shape,
    }  # fmt: skip
    if form in {"adopt", "diff"}:
        return count_of_lines
    return next((shape for word, shape in found.items() if word in form), no_shape)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("form", FORMS)
def test_a_text_stays_a_text(form: str, name: str, tmp_path: Path) -> None:
    made = FORMS[form](within(TEXTS[name]), tmp_path / "hostile")
    inert(made)
    shape = shape_of(form)
    if form not in _SHAPES:
        _SHAPES[form] = shape(FORMS[form](within(HARMLESS), tmp_path / "harmless"))
    assert shape(made) == _SHAPES[form]


_SHAPES: dict[str, Any] = {}
"""Of each form with a harmless text."""


@pytest.mark.parametrize("form", FORMS)
def test_each_form_shows_the_text(form: str, tmp_path: Path) -> None:
    """Else the table would hold of nothing."""
    assert within(HARMLESS) in re.sub(r"\s+│?", "", FORMS[form](within(HARMLESS), tmp_path))


def test_json_and_yaml_keep_each_character(tmp_path: Path) -> None:
    text = within("".join(one for name, one in TEXTS.items() if name != "not-utf-8"))
    said = json.loads(FORMS["diff --json"](text, tmp_path))
    assert said["groups"][0]["changes"][0]["have"] == text
    spec = YAML(typ="safe").load(FORMS["adopt yaml"](text, tmp_path))
    (host,) = spec["hosts"].values()
    assert text in host.values()


_WITHOUT = {
    "bench sweep --html": "the page of `bench show --html`",
    "bench sweep --markdown": "the tables of `bench show --markdown`",
    "doctor --json": "json.dumps with ASCII alone; it names files and programs of this computer",
    "validate --json": "json.dumps with ASCII alone; test_control_characters.py has its text",
    "render --json": "as diff --json: `format_json`",
    "lease show --json": "as diff --json: `format_json`",
    "log --json": "as diff --json: `format_json`",
    "rollout plan --json": "as diff --json: `format_json`",
    "rollout resume --json": "the JSON of `rollout status --json`",
    "rollout start --json": "the JSON of `rollout status --json`",
}
"""Options for a form that the table does not have, with the reason."""


def _options(command: Any, name: str = "") -> Iterator[str]:
    for one, inner in getattr(command, "commands", {}).items():
        yield from _options(inner, f"{name} {one}".strip())
    for option in command.params:
        yield from (
            f"{name} {word}" for word in option.opts
            if word in {"--json", "--markdown", "--junit", "--html"}
        )  # fmt: skip


def test_each_form_of_each_command_is_in_the_table() -> None:
    group: Any = typer.main.get_command(app)
    context = group.make_context("jetfleet", ["--help"], resilient_parsing=True)
    commands = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    found = {one for name, command in commands for one in _options(command, name)}
    covered = {form for form in found for name in FORMS if f"{name} ".startswith(f"{form} ")}
    assert found - covered == set(_WITHOUT)
    assert {"plan --json", "report --html", "bench show --markdown"} <= found


def test_the_poison_reaches_texts_at_any_depth() -> None:
    value = {"a": [("b", {"c": "d"})]}
    assert poisoned(value, "x") == {"ax": [("x", {"cx": "x"})]}
