"""Exceptions from the linter's security rules (ruff's S, from bandit) have a reason beside them."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from io import StringIO

from tests.support.rendered import ROOT

FOLDERS = ("jetfleet", "roles", "deploys", "inventory", "twins", "tests", "bench")
_NOQA = re.compile(r"#\s*(ruff:\s*)?noqa:\s*(?P<codes>[A-Z]+\d+(,\s*[A-Z]+\d+)*)(?P<rest>.*)")
_CODE = re.compile(r"\bS\d{3}\b")
_REASON = re.compile(r"\s*(-|#)\s*\w+\W+\w+")


def without_reason(source: str) -> list[int]:
    """The lines of a module that except a security rule, and give no reason of two words."""
    found = []
    for token in tokenize.generate_tokens(StringIO(source).readline):
        noqa = _NOQA.search(token.string) if token.type == tokenize.COMMENT else None
        if noqa and _CODE.search(noqa["codes"]) and not _REASON.match(noqa["rest"]):
            found.append(token.start[0])
    return found


def unexplained(settings: str) -> list[str]:
    """The security rules that a table of the linter's settings excepts, and no comment names.

    A comment counts on the line itself, or in the lines of comments directly above.
    """
    comment, found = "", []
    for line in settings.splitlines():
        code, _, beside = line.partition("#")
        if not code.strip():
            comment += beside
            continue
        rules = [rule for rule in _CODE.findall(code) if rule not in comment and not beside.strip()]
        found += [f"{rule}: {code.strip()[:40]}" for rule in rules]
        comment = ""
    return found


def modules() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_each_exception_in_a_module_has_its_reason() -> None:
    assert [f"{name}:{n}" for name, text in modules() for n in without_reason(text)] == []


def test_each_exception_in_the_settings_has_its_reason() -> None:
    assert unexplained((ROOT / "pyproject.toml").read_text(encoding="utf-8")) == []


def test_an_exception_without_a_reason_is_found() -> None:
    assert without_reason("x = 1  # noqa: S104\n") == [1]
    assert without_reason("x = 1  # noqa: RUF012, S104 -\n") == [1]
    assert without_reason("\n# ruff: noqa: S104\n") == [2]
    assert without_reason("x = 1  # noqa: S104 - never bound\n") == []
    assert unexplained('# Tests print.\n"tests/**" = ["S101", "T201"]\n') == [
        'S101: "tests/**" = ["S101", "T201"]'
    ]
    assert unexplained('# S101: tests assert.\n"tests/**" = ["S101"]\n') == []
    assert unexplained('  "S603", "S607",  # by name\n') == []
