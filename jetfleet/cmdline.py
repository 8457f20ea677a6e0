"""Command lines of model servers: which process is the server, and with which options it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.spec.options import plain_option
from jetfleet.text import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Call:
    """How the processes of one kind of server are recognised.

    Parameters
    ----------
    server:
        Its name in a spec.
    words:
        Program and subcommand, such as ``("vllm", "serve")``; the program without its folder.
    modules:
        Python modules that are the server, as ``python -m`` calls them.
    short:
        Long names of its short options, such as ``-tp``.

    """

    server: str
    words: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    short: Mapping[str, str] = field(default_factory=dict)


Options = dict[str, Any]
"""Options by long name without dashes: true for a switch, else a value, or a list of values."""


def server_of(words: Sequence[str], calls: Iterable[Call]) -> tuple[Call, tuple[str, ...]] | None:
    """Return whose server a command line is, and the words that follow its name."""
    calls = tuple(calls)
    for at, word in enumerate(words):
        name, rest = word.rpartition("/")[2], words[at + 1 :]
        for call in calls:
            size = len(call.words)
            if size and (name, *rest[: size - 1]) == call.words:
                return call, tuple(rest[size - 1 :])
            if word == "-m" and rest and rest[0] in call.modules:
                return call, tuple(rest[1:])
    return None


def server_among(
    lines: Iterable[Sequence[str]], calls: Iterable[Call]
) -> tuple[Call, tuple[str, ...]] | None:
    """Return the first of these command lines that is a server's, as `server_of` does.

    A shell with a script is not a server, even if the script names one.
    """
    calls = tuple(calls)
    return next((found for words in lines if (found := server_of(words, calls))), None)


def parse_cmdline(
    words: Sequence[str], short: Mapping[str, str] | None = None
) -> tuple[tuple[str, ...], Options]:
    """Return the words before the first option, and the options with their names in normal form.

    `short` has the long names of short options.
    """
    free: list[str] = []
    options: Options = {}
    values: list[Any] | None = None
    for word in words:
        if _is_option(word):
            name, equals, value = (short or {}).get(word, word).partition("=")
            values = [_value(value)] if equals else []
            options[plain_option(name)] = values
        elif values is None:
            free.append(word)
        else:
            values.append(_value(word))
    return tuple(free), {name: _plain(found) for name, found in options.items()}


def _is_option(word: str) -> bool:
    return word.startswith("-") and not word[1:2].isdigit() and word not in {"-", "--"}


def _plain(values: list[Any]) -> Any:  # noqa: ANN401
    if not values:
        return True
    return values[0] if len(values) == 1 else values


def _value(text: str) -> Any:  # noqa: ANN401
    """Return JSON where it is JSON (numbers, objects, lists), else the text."""
    try:
        found = read_json(text)
    except ValueError:
        return text
    return text if found is None or isinstance(found, (bool, str)) else found
