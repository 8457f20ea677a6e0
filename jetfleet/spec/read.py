"""Read a YAML file into a tree of values, with an error for each trap of YAML."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jetfleet.errors import FleetError
from jetfleet.spec.number import WrittenFloat
from jetfleet.spec.position import KeyPath, Position, SourceEntry
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.tree import Value

if TYPE_CHECKING:
    from pathlib import Path

NODES = 500_000
"""Most values of a spec after its aliases are expanded; one of 3000 hosts has 60,000."""

DIGITS = 40
"""Most digits of a whole number."""

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp")}


def read_yaml(path: Path) -> tuple[Value, list[Problem]]:
    """Return the tree of the YAML file `path` and the problems that do not stop the reading.

    Raise `SpecError` for a file that is not YAML and `FleetError` for one that cannot be read.
    """
    file = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows write a mark first
    except OSError as error:
        raise FleetError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        place = Position(file, line, 1)
        problem = Problem(place, "", "bytes that are not UTF-8", "UTF-8", "save it as UTF-8")
        raise SpecError([problem]) from error
    reader = _Reader(file)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        if node and _size(node, {}) > NODES:
            raise SpecError([_too_large(file)])
        tree = (
            reader.value(node, SourceEntry(Position(file, 1, 1), ())) if node else reader.nothing()
        )
    except YAMLError as error:
        raise SpecError([_syntax(file, text, error)]) from error
    except RecursionError as error:
        problem = Problem(
            Position(file, 1, 1), "", "endless nesting", "a tree", "remove the alias to itself"
        )
        raise SpecError([problem]) from error
    return tree, reader.problems


class _Reader:
    """Turns YAML nodes into values and collects the problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def nothing(self) -> Value:
        return Value(SourceEntry(Position(self.file, 1, 1), ()), None)

    def value(self, node: Node, written: SourceEntry) -> Value:
        if isinstance(node, MappingNode):
            return Value(written, self._mapping(node, written.path))
        if isinstance(node, SequenceNode):
            items = [
                self.value(item, SourceEntry(self._place(item), (*written.path, index)))
                for index, item in enumerate(node.value)
            ]
            return Value(written, items)
        return Value(written, self._scalar(node, written))

    def _place(self, node: Node) -> Position:
        return Position(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Value]:
        items: dict[str, Value] = {}
        for key_node, item in node.value:
            written = SourceEntry(self._place(key_node), (*path, str(key_node.value)))
            if not isinstance(key_node, ScalarNode):
                self._wrong(written, "a key that is a list or a mapping", "text", "quote the key")
            elif key_node.value == "<<":
                remedy = "write shared values under defaults, boards or groups"
                self._wrong(written, "a YAML merge key", "a plain key", remedy)
            elif key_node.value in items:
                first = items[key_node.value].written.place.line
                remedy = f"it is already written in line {first}; keep one of them"
                self._wrong(written, "the key a second time", "each key once", remedy)
            else:
                items[key_node.value] = self.value(item, written)
        return items

    def _scalar(self, node: Node, written: SourceEntry) -> str | float | bool | None:
        text, kind = str(node.value), str(node.tag).removeprefix(_TAG)
        if str(node.tag) not in _PLAIN_TAGS:
            self._wrong(written, f"the YAML tag {node.tag}", "a plain value", "remove the tag")
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and len(text) > DIGITS:
            found, expected = f"a number of {len(text)} digits", f"at most {DIGITS} digits"
            self._wrong(written, found, expected, "shorten it, or quote it if it is text")
            return 0
        number = _number(text) if kind in {"int", "float"} else None
        return text if number is None else number

    def _wrong(self, written: SourceEntry, found: str, expected: str, remedy: str) -> None:
        self.problems.append(Problem(written.place, written.key, found, expected, remedy))


def _size(node: Node, known: dict[int, int]) -> int:
    """Return how many nodes a tree has after its aliases are expanded, without expanding any.

    Raise `RecursionError` for an alias to a node that contains it.
    """
    if id(node) not in known:
        known[id(node)] = 0  # until it is counted
        parts = node.value if isinstance(node, (MappingNode, SequenceNode)) else ()
        if isinstance(node, MappingNode):
            parts = [part for pair in parts for part in pair]
        known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    elif not known[id(node)]:
        raise RecursionError
    return known[id(node)]


def _too_large(file: str) -> Problem:
    found = f"more than {NODES} values after its aliases are expanded"
    remedy = "write shared values under defaults, boards or groups"
    return Problem(Position(file, 1, 1), "", found, f"at most {NODES}", remedy)


def _number(text: str) -> int | float | None:
    """Return the number that YAML 1.2 reads in `text`; None if Python or JSON has no such one."""
    digits = text.replace("_", "")
    if re.fullmatch(r"[-+]?[0-9]+", digits):
        return int(digits)
    if re.fullmatch(r"0[ox][0-9A-Fa-f]+", digits):
        return int(digits, 0)
    try:
        number = float(digits)
    except ValueError:
        return None
    return WrittenFloat(number, text) if math.isfinite(number) else None


def _syntax(file: str, text: str, error: YAMLError) -> Problem:
    """Return the sentence for a file that is not YAML."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if mark is None:
        number = text[: getattr(error, "position", 0)].count("\n") + 1
        found = "a character that YAML does not allow"
        return Problem(Position(file, number, 1), "", found, "printable text", "remove it")
    place = Position(file, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return Problem(place, "", "a tab in the indentation", "spaces", "replace it by spaces")
    why = " ".join(str(getattr(error, "problem", "")).split())
    found = f"text that is not YAML ({why})"
    return Problem(place, "", found, "YAML", "correct this line or the one above")
