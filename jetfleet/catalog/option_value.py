"""Whether a value from YAML is one that an option of `vllm serve` takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from jetfleet.catalog.option_table import Option
from jetfleet.text import read_json

Check = Callable[[object], bool]

_HUMAN_INT = re.compile(r"\d+(\.\d+)?[kKmMgGtT]?")


def expected_value(option: Option, value: object, *, part: bool = False) -> str | None:
    """Return what `option` expects if `value` is not that, else None.

    `value` is a JSON value. `part` says that it is for a part of the option, as in
    "limit-mm-per-prompt.image"; there any value goes where the option takes JSON.
    """
    if value is None:
        return "a value: leave the option out to have its default"
    if not option.takes_value:
        return None if isinstance(value, bool) else "true or false"
    if part:
        return None if _is_json_kind(option) else "an option that has parts"
    if option.many and isinstance(value, (list, tuple)):
        wrong = (expected_value(_single(option), item) for item in value)
        return next((what for what in wrong if what), None) if value else "at least one value"
    if option.choices:
        return None if str(value) in option.choices else _one_of(option.choices)
    check, expected = _KINDS.get(option.type or "", (_is_scalar, "text or a number"))
    return None if check(value) else expected


def whole_number(value: object) -> int | None:
    """Return the number that the value of an integer option stands for ("8k" is 8000), or None."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return value
    if not _HUMAN_INT.fullmatch(value):
        return None
    number, unit = (value[:-1], value[-1]) if value[-1].isalpha() else (value, "")
    # Capital letters are binary, small ones decimal, as vLLM's own parser has it.
    power = "kmgt".find(unit.lower()) + 1 if unit else 0
    return int(float(number) * (1024 if unit.isupper() else 1000) ** power)


def positive_number(value: object) -> int | None:
    """Return the number that an integer option stands for if it is above 0, else None."""
    number = whole_number(value)
    return number if number is not None and number > 0 else None


def _single(option: Option) -> Option:
    return Option(option.name, option.type, option.takes_value, many=False, choices=option.choices)


def _one_of(choices: tuple[str, ...]) -> str:
    return "one of " + ", ".join(choices)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_human_int(value: object) -> bool:
    return whole_number(value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_scalar(value: object) -> bool:
    return isinstance(value, str) or _is_number(value)


def _is_json(value: object) -> bool:
    if not isinstance(value, str):
        return isinstance(value, (Mapping, list, tuple))
    try:
        read_json(value)
    except ValueError:
        return False
    return True


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, str) and _is_json(value) and isinstance(read_json(value), dict)
    )


_JSON_KINDS = {"_parse_type", "parse_dataclass", "loads", "from_json", "from_cli"}
_KINDS: dict[str, tuple[Check, str]] = {
    "int": (_is_int, "a whole number"),
    "float": (_is_number, "a number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "human_readable_int": (_is_human_int, "a whole number, or text such as 8k"),
    "human_readable_int_or_auto": (
        lambda value: value in ("auto", -1) or _is_human_int(value),
        "a whole number, text such as 8k, or auto",
    ),
    "str": (_is_text, "text"),
    "nullable_str": (_is_text, "text"),
    "nullable_kvs": (_is_text, "text such as image=1,video=1 (this vLLM takes no mapping here)"),
    "_parse_type": (_is_mapping, "a mapping"),
    "loads": (_is_json, "a mapping or a list"),
    "from_json": (_is_json, "a mapping or a list"),
    "parse_dataclass": (
        lambda value: _is_mapping(value) or _is_int(value) or _is_text(value),
        "a mapping, a number or text",
    ),
    "_optional_type": (
        lambda value: _is_scalar(value) or isinstance(value, Mapping),
        "text, a number or a mapping",
    ),
    "union_dict_and_str": (
        lambda value: _is_text(value) or isinstance(value, Mapping),
        "text or a mapping",
    ),
}


def _is_json_kind(option: Option) -> bool:
    return option.type in _JSON_KINDS | {"_optional_type", "union_dict_and_str"}
