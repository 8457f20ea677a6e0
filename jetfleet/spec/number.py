"""Numbers that remember how they were written."""

from __future__ import annotations

from jetfleet.spec.invalid import invalid


class WrittenFloat(float):
    """A float with the text it was read from: YAML reads `6.10` as the number 6.1."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:  # noqa: PYI034 - Self came with Python 3.11
        """Return `value` that remembers `text`."""
        number = super().__new__(cls, value)
        number.text = text
        return number


def version_text(value: object) -> object:
    """Return an unquoted version such as `6.2` as text; refuse `6.10`, which YAML reads as 6.1.

    Only a number that is written in its shortest form means the same to every YAML reader.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    written = getattr(value, "text", str(value))
    if isinstance(value, float) and repr(float(value)) == written:
        return written
    raise invalid("a version in quotes", f'write "{written}": YAML reads it as a number', written)
