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


@cache
def jtop_requirements() -> str:
    """Return jetson-stats and what it needs in the form of pip's requirements, with hashes."""
    return "".join(
        f"{one['name']}=={one['version']} --hash=sha256:{one['sha256']}\n"
        for one in read_data("jtop.json")["packages"]
    )
