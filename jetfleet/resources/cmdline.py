"""Command lines of model servers: which process is the server, and what it was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PROGRAMS = {
    "vllm": ("vllm", "serve"),
    "ollama": ("ollama", "serve"),
    "trtllm": ("trtllm-serve",),
    "triton": ("tritonserver",),
    "llama.cpp": ("llama-server",),
    "live-vlm-webui": ("live-vlm-webui",),
}
"""Words by which the server of a runtime is called."""

_MODULES = {
    "vllm.entrypoints.openai.api_server": "vllm",
    "live_vlm_webui.server": "live-vlm-webui",
}

_SHORT = {
    "-tp": "--tensor-parallel-size",
    "-pp": "--pipeline-parallel-size",
    "-dp": "--data-parallel-size",
    "-q": "--quantization",
}

Options = dict[str, Any]
"""Options by long name without dashes: true for a switch, else a value, or a list of values."""


def server_of(words: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the runtime whose server this command line is, and the words that follow its name."""
    for at, word in enumerate(words):
        name = word.rpartition("/")[2]
        for runtime, program in _PROGRAMS.items():
            if (name, *words[at + 1 : at + len(program)]) == program:
                return runtime, tuple(words[at + len(program) :])
        if word == "-m" and words[at + 1 : at + 2] and words[at + 1] in _MODULES:
            return _MODULES[words[at + 1]], tuple(words[at + 2 :])
    return None


def server_among(
    lines: Iterable[Sequence[str]],
) -> tuple[str, tuple[str, ...]] | None:
    """Return the first of these command lines that is a server's, as `server_of` does.

    A shell that was given a script is none, though the script names a server.
    """
    return next((found for words in lines if (found := server_of(words))), None)


def parse_cmdline(words: Sequence[str]) -> tuple[tuple[str, ...], Options]:
    """Return the words before the first option, and the options.

    Underscores in names become dashes, as the servers' own parsers take both.
    """
    free: list[str] = []
    options: Options = {}
    values: list[Any] | None = None
    for word in words:
        if _is_option(word):
            name, equals, value = _SHORT.get(word, word).lstrip("-").partition("=")
            values = [_value(value)] if equals else []
            options[name.replace("_", "-")] = values
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
        found = json.loads(text)
    except ValueError:
        return text
    return text if found is None or isinstance(found, (bool, str)) else found
