"""`vllm serve --config FILE.yaml`: the file becomes arguments in front of the written ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# From this version on a nested map becomes JSON; before, it became Python's own notation, which
# no option can read.
NESTED_MAPS_SINCE = (0, 20)


def pull(arguments: Sequence[str], release: tuple[int, ...]) -> list[str]:
    """Replace `--config FILE` in the arguments of `serve` by what the file says.

    The command line comes after the file, so that it wins. Raises `ValueError` as the real one
    does: a file that is missing, is no YAML, or no model anywhere.
    """
    args = list(arguments)
    if "--config" not in args:
        return args
    at = args.index("--config")
    if at + 1 == len(args):
        raise ValueError("No config file specified! Please check your command-line arguments.")
    settings = _read(args[at + 1])
    in_file = settings.pop("model", None)
    rest = args[1:at] + args[at + 2 :]
    on_line = rest.pop(0) if rest and not rest[0].startswith("-") else None
    model = on_line or in_file
    if model is None:
        raise ValueError(
            "No model specified! Please specify model either as a positional argument "
            "or in a config file."
        )
    return [args[0], str(model), *as_arguments(settings, release), *rest]


def as_arguments(settings: Mapping[str, Any], release: tuple[int, ...]) -> list[str]:
    """Turn settings to arguments: true is the bare option, false is nothing, a list is words."""
    words: list[str] = []
    for key, value in settings.items():
        if isinstance(value, bool):
            words += [f"--{key}"] if value else []
        elif isinstance(value, list):
            words += [f"--{key}", *map(str, value)]
        elif isinstance(value, dict) and release >= NESTED_MAPS_SINCE:
            words += [f"--{key}", json.dumps(value)]
        else:
            words += [f"--{key}", str(value)]
    return words


def _read(name: str) -> dict[str, Any]:
    import yaml  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415 - in images only

    if not name.endswith((".yaml", ".yml")):
        raise ValueError(f"Config file must be of a yaml/yml type. {name} supplied")
    settings = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    if not isinstance(settings, dict):
        raise ValueError(f"Config file {name} holds no settings")  # noqa: TRY004 - as the real one
    return settings
