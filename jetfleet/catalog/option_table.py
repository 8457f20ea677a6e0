"""The options of `vllm serve` by version, taken from the real parsers of eight releases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from jetfleet.catalog.read import DATA, read
from jetfleet.catalog.version import parts

_FIRST_DOTTED = (0, 10)  # `--limit-mm-per-prompt.image 1` and numbers such as 8k came with 0.10


@dataclass(frozen=True)
class Option:
    """One option.

    `type` is the parser's own word, `many` whether it takes several values, `joined` whether
    these are one word with commas between them.
    """

    name: str  # with its dashes: "--max-model-len"
    type: str | None
    takes_value: bool
    many: bool
    choices: tuple[str, ...]
    joined: bool = False


@dataclass(frozen=True)
class OptionTable:
    """The options of one program by name with dashes: of a version of vLLM, or of another."""

    version: str
    options: dict[str, Option]

    def find(self, name: str) -> Option | None:
        """Return the option that a person calls `name`, or None.

        Leading dashes do not matter, "_" equals "-", and "limit-mm-per-prompt.image" finds the
        option that it is a part of. Prefixes, which the parser takes too, are not found.
        """
        flag = "--" + plain_option(name)
        if flag in self.options:
            return self.options[flag]
        base, dot, _ = flag.partition(".")
        return self.options.get(base) if dot and parts(self.version) >= _FIRST_DOTTED else None

    def negation(self, name: str) -> str | None:
        """Return the option that switches `name` off, without dashes; None without one."""
        plain = plain_option(name)
        # llama.cpp's short ones have no dash there: -nocb, -nkvo.
        short = (f"no{plain}", f"n{plain}")
        for other in (f"no-{plain}", plain.removeprefix("no-"), _swapped(plain), *short):
            if other != plain and f"--{other}" in self.options:
                return other
        return None

    @property
    def negates(self) -> bool:
        """Whether there is any form that says no: ``--no-…``, or a value of true or false."""
        return any(
            name.startswith("--no-") or option.type == "bool"
            for name, option in self.options.items()
        )

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return at most three option names, without dashes, that look like `name`."""
        known = [flag[2:] for flag in self.options if flag.startswith("--")]
        return tuple(get_close_matches(plain_option(name), known, n=3, cutoff=0.7))


def plain_option(name: str) -> str:
    """Return `name` without leading dashes and with "-" for "_" (dotted parts are kept)."""
    base, dot, rest = name.lstrip("-").partition(".")
    return base.replace("_", "-") + dot + rest


def _swapped(plain: str) -> str:
    if plain.startswith("enable-"):
        return "disable-" + plain.removeprefix("enable-")
    return plain


@cache
def versions() -> tuple[str, ...]:
    """Return the versions that have a table, oldest first."""
    return tuple(sorted((path.stem for path in (DATA / "vllm").glob("*.json")), key=parts))


@cache
def table(version: str) -> OptionTable:
    """Return the table of exactly `version`, which is one of `versions()`."""
    rows = read(f"vllm/{version}.json")["options"]
    options = {
        name: Option(
            name=name,
            type=row["type"],
            takes_value=row["takes_value"],
            many=row["nargs"] == "+",
            choices=tuple(row["choices"] or ()),
        )
        for name, row in rows.items()
    }
    return OptionTable(version, options)


def options(version: str) -> OptionTable:
    """Return the table of vLLM `version`, or of the nearest known one before it.

    A version older than all tables gets the oldest.
    """
    asked = parts(re.split(r"[+-]", version)[0])
    before = [known for known in versions() if parts(known) <= asked]
    return table(before[-1] if before else versions()[0])


def exists_in(name: str) -> tuple[str, ...]:
    """Return the known versions that have the option `name`, oldest first."""
    return tuple(version for version in versions() if table(version).find(name))
