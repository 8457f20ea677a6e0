"""The shell filter that hides secrets in what a survey prints, before it leaves the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.data_file import read_data
from jetfleet.redaction import HIDDEN
from jetfleet.steps.program import filter_program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HID = "hid "
"""Begins a line that says where something was hidden, and what; never its value."""


def hiding(known: Iterable[str] = ()) -> str:
    """Return the command that hides secrets in what a pipe before it prints.

    It fails, and prints nothing, where it cannot run: nothing passes unread.

    Parameters
    ----------
    known:
        What a spec says in plain text, which is left as it is: ``NAME=VALUE`` of a variable,
        ``name=value`` of an option, and words.

    """
    job = {
        "variables": _names("variables"),
        "options": _names("options"),
        "known": sorted(set(known)),
    }
    return filter_program("foreign_json.py", "secret_form.py", "hider.py", "hide.py", job=job)


def known_texts(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what the facts of an adopted service say in plain text, in the form of `hiding`."""
    for name, value in facts:
        kind, _, what = name.partition(" ")
        if kind == "volume":
            yield what
        if HIDDEN in value:
            continue
        if kind in {"env", "option"}:
            yield f"{what}={value}"
        yield value
        if kind in {"command", "model"}:
            yield from value.split()


def hidden_in(text: str) -> list[str]:
    """Return what the filter has hidden in a section of a survey, each with its place."""
    return [line[len(HID) :] for line in text.splitlines() if line.startswith(HID)]


def _names(table: str) -> list[str]:
    return [name for row in read_data("harmless.json")[table] for name in row["names"]]
