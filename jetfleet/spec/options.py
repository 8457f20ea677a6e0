"""Options of a server in a spec: their names in normal form, and which are refused.

A name is normal when it has no leading dashes and "-" for "_". Names are normal from the moment a
spec is loaded; messages still show them as they were written, because a `Value` keeps its path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, JsonValue

from jetfleet.spec.free import bad_texts
from jetfleet.spec.frozen import freeze
from jetfleet.spec.invalid import invalid, raise_invalid
from jetfleet.spec.problem import Problem
from jetfleet.spec.secret import WRITTEN
from jetfleet.spec.tree import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import PydanticCustomError

    from jetfleet.spec.invalid import InvalidAt

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def plain_option(name: str) -> str:
    """Return `name` in normal form; what follows a dot is a key of JSON and is kept as it is."""
    base, dot, rest = name.lstrip("-").partition(".")
    return base.replace("_", "-") + dot + rest


def _options(written: dict[str, Any]) -> dict[str, Any]:
    errors = {name: _name_error(name) for name in written}
    named: list[InvalidAt] = [((name,), error) for name, error in errors.items() if error]
    others = {name: value for name, value in written.items() if not errors[name]}
    raise_invalid([*named, *bad_texts(others)])
    return {plain_option(name): value for name, value in written.items()}


def _name_error(name: str) -> PydanticCustomError | None:
    if _NAME.fullmatch(name):
        return None
    remedy = f"write {name.lstrip('-') or 'its name'}"
    return invalid("the name of an option without its dashes", remedy, name)


def refuse_options(
    written: Mapping[str, Any], own: Mapping[str, str], secret: Mapping[str, str]
) -> None:
    """Raise an error for each option that must not be written.

    Parameters
    ----------
    own:
        Options that the spec has a key for, and what to write instead.
    secret:
        Options whose value would be a secret, and what to write instead.

    """
    errors: list[InvalidAt] = []
    for name, value in written.items():
        if name in secret and not isinstance(value, bool):
            error = invalid("no secret among the options", secret[name], WRITTEN)
            errors.append(((name,), error))
        elif name in own:
            error = invalid(f"no option {name} here", own[name], f"the option {name}")
            errors.append(((name,), error))
    raise_invalid(errors)


Options = Annotated[dict[str, JsonValue], AfterValidator(_options), AfterValidator(freeze)]


def normal_options(root: Value, problems: list[Problem]) -> Value:
    """Return the tree of a spec with the names of all options in normal form.

    A name that is written in two spellings becomes a problem.
    """
    return _normal(root, (), problems)


_FLAGS, _OWNERS = "flags", {"services", "repository"}


def _normal(value: Value, path: tuple[str, ...], problems: list[Problem]) -> Value:
    if not isinstance(value.data, dict):
        return value
    is_options = path[-1:] == (_FLAGS,) and path[-3:-2] and path[-3] in _OWNERS
    items: dict[str, Value] = {}
    for key, item in value.data.items():
        name = plain_option(key) if is_options and _NAME.fullmatch(key) else key
        if name in items:
            first = items[name].written
            remedy = f"remove it: it is written as {first.path[-1]} in line {first.place.line}"
            found = f"the option {key} a second time"
            problems.append(
                Problem(item.written.place, item.written.key, found, "each option once", remedy)
            )
            continue
        items[name] = _normal(item, (*path, key), problems)
    return Value(value.written, items)
