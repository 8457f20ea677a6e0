"""Values as text for people: the same form in every command, page and file."""

from __future__ import annotations

from jetfleet.board.foreign_json import UnreadableJson, read_json, read_object
from jetfleet.text.amount import format_bytes, format_count, format_duration
from jetfleet.text.json_text import format_json
from jetfleet.text.number import NotANumber, read_count
from jetfleet.text.path import plain_path
from jetfleet.text.printable import printable, printable_lines, printable_screen, printable_styled

__all__ = [
    "NotANumber",
    "UnreadableJson",
    "format_bytes",
    "format_count",
    "format_duration",
    "format_json",
    "plain_path",
    "printable",
    "printable_lines",
    "printable_screen",
    "printable_styled",
    "read_count",
    "read_json",
    "read_object",
]
