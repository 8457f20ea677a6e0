"""What is known of the system of a Jetson: units that it can do without, packages to hold."""

from __future__ import annotations

from functools import cache

from jetfleet.catalog.data_file import read_data


@cache
def headless_units() -> tuple[str, ...]:
    """Return the units that a board without a screen does not need, in alphabetical order."""
    return tuple(sorted(unit["name"] for unit in read_data("headless.json")["units"]))


@cache
def held_packages(word: str) -> tuple[str, ...]:
    """Return the patterns of package names that a word of `apt: {hold: …}` means.

    A word that the catalog does not know is a pattern itself.
    """
    return tuple(read_data("holds.json")["packages"].get(word, [word]))
