"""The types of option values, named as in the tables of vLLM's own parser."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_JSON_SUFFIXES = ("-kwargs", "-config", "-loras")
# The tables say only `_optional_type` for these; the inner types are those of vLLM's own fields.
_OPTIONAL_NUMBERS: dict[str, type[int | float]] = {
    "cudagraph-capture-sizes": int,
    "kv-offloading-size": float,
    "mamba-block-size": int,
    "max-cpu-loras": int,
    "max-cudagraph-capture-size": int,
    "max-log-len": int,
    "max-parallel-loading-workers": int,
    "num-gpu-blocks-override": int,
    "rope-theta": float,
    "seed": int,
    "video-pruning-rate": float,
}


def human_readable_int(text: str) -> int:
    """Read `8192`, `8k` (8000), `8K` (8192) or `1.5m`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMgGtT])", text.strip())
    if not found:
        return int(text)
    number, unit = found.groups()
    if unit in _UNITS:
        return int(float(number) * _UNITS[unit])
    if "." in number:
        message = f"Decimals are not allowed with binary suffixes like {unit}."
        raise argparse.ArgumentTypeError(message)
    return int(number) * _BINARY_UNITS[unit]


def human_readable_int_or_auto(text: str) -> int:
    """Read the same, or `auto`, which is -1."""
    return -1 if text.strip().lower() == "auto" else human_readable_int(text)


def json_value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON, with the refusal of the real parser."""
    try:
        return json.loads(text)
    except ValueError:
        message = f"Value {text} cannot be converted to {json.loads}."
        raise argparse.ArgumentTypeError(message) from None


def json_object(text: str) -> Any:  # noqa: ANN401 - an object, or the level number of `-O`
    """Read a configuration object; a bare number is the level of a compilation config."""
    value = json_value(text)
    if not isinstance(value, (dict, int)):
        raise argparse.ArgumentTypeError(f"Input should be a valid dictionary, got {text}")
    return value


def json_or_text(text: str) -> Any:  # noqa: ANN401 - an object or a string
    """Read an object when it begins like one, else keep the text."""
    return json_value(text) if text.startswith("{") else text


def _boolean(text: str) -> bool:
    # The real parser has `type=bool` here: every text that is not empty is true.
    return bool(text)


_NAMED: dict[str | None, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "bool": _boolean,
    "loads": json_value,
    "_parse_type": json_value,
    "parse_dataclass": json_object,
    "union_dict_and_str": json_or_text,
    "human_readable_int": human_readable_int,
    "human_readable_int_or_auto": human_readable_int_or_auto,
}


def _inner(name: str) -> Callable[[str], Any]:
    if name == "kv-cache-memory-bytes":
        return human_readable_int
    if name.endswith(_JSON_SUFFIXES):
        return json_value
    return _OPTIONAL_NUMBERS.get(name, str)


def converter(name: str, kind: str | None) -> Callable[[str], Any]:
    """Return what reads values of option `name` (without dashes), of the table's type `kind`.

    It raises `ValueError` or `argparse.ArgumentTypeError`, which argparse reports as exit 2.
    """
    if kind not in {"_optional_type", "nullable_str"}:
        return _NAMED.get(kind, str)
    inner = _inner(name)

    def optional(text: str) -> Any:  # noqa: ANN401 - the inner type, or None
        return None if text in {"", "None"} else inner(text)

    optional.__name__ = getattr(inner, "__name__", "str")
    return optional
