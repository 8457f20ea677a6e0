"""YAML scalars that every YAML reader takes for exactly the value that was meant."""

from __future__ import annotations

import json


def scalar(value: object) -> str:
    """Return a value as a YAML scalar; text is quoted, so that it is never taken for a number."""
    if not isinstance(value, str):
        return json.dumps(value)
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
