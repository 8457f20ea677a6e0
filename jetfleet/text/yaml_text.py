"""YAML for people and for files that are compared line by line."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

_WIDE = 1 << 16
"""Columns: a value stays on the line of its key, so that a changed line is a changed value."""


def format_yaml(value: Any) -> str:  # noqa: ANN401 - any YAML value
    """Return a YAML value as text; a character that is not printable stands as an escape."""
    yaml = YAML()
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.Representer = _Representer
    out = io.StringIO()
    yaml.dump(value, out)
    return "".join(map(_escaped, out.getvalue()))


class _Representer(RoundTripRepresenter):
    def null(self, _: None) -> Any:  # noqa: ANN401
        return self.represent_scalar("tag:yaml.org,2002:null", "null")

    def text(self, text: str) -> Any:  # noqa: ANN401
        # In double quotes alone a character can stand as an escape.
        style = None if text.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Representer.add_representer(type(None), _Representer.null)
_Representer.add_representer(str, _Representer.text)


def _escaped(char: str) -> str:
    return char if char == "\n" or char.isprintable() else f"\\U{ord(char):08x}"
