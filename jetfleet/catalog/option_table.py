"""The options of a program: their names, and what each takes."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from jetfleet.spec.options import plain_option


@dataclass(frozen=True)
class Gone:
    """Since which version a program does not have an option, and the remedy."""

    since: str
    instead: str


@dataclass(frozen=True)
class Option:
    """One option.

    `type` is the parser's own word, `many` whether it takes several values, `joined` whether
    these are one word with commas between them. `gone` is None if the option was never removed.
    """

    name: str  # with its dashes: "--max-model-len"
    type: str | None
    takes_value: bool
    many: bool
    choices: tuple[str, ...]
    joined: bool = False
    gone: Gone | None = None


@dataclass(frozen=True)
class OptionTable:
    """The options of one program by name with dashes.

    `version` is empty where one table is for all versions. `dotted` tells whether
    ``--option.key`` sets one key of a JSON option.
    """

    version: str
    options: dict[str, Option]
    dotted: bool = False

    def find(self, name: str) -> Option | None:
        """Return the option that a person calls `name`, or None.

        "limit-mm-per-prompt.image" finds the option that it is a part of. Prefixes, which a parser
        may take too, are not found.
        """
        flag = "--" + plain_option(name)
        if flag in self.options:
            return self.options[flag]
        base, dot, _ = flag.partition(".")
        return self.options.get(base) if dot and self.dotted else None

    def begun(self, name: str) -> tuple[str, ...]:
        """Return the options, without dashes, whose names begin with `name`."""
        flag = "--" + plain_option(name)
        return tuple(sorted(known[2:] for known in self.options if known.startswith(flag)))

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


def _swapped(plain: str) -> str:
    if plain.startswith("enable-"):
        return "disable-" + plain.removeprefix("enable-")
    return plain
