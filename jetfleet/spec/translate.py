"""Translate errors of pydantic into problems of a spec."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from jetfleet.spec.adopted import ADOPTED, ADOPTED_ANY, AdoptedService
from jetfleet.spec.format_value import format_value
from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.position import KeyPath, dotted
from jetfleet.spec.problem import Problem
from jetfleet.spec.service import Service
from jetfleet.spec.services import SERVICES, AnyService, is_tag, tagged_model
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from jetfleet.spec.tree import Value

_RANGE = "a number in range"

_TYPES: dict[str, tuple[str, str]] = {
    "int_type": ("a whole number", "write it without quotes"),
    "int_parsing": ("a whole number", "write it without quotes"),
    "bool_type": ("true or false", "write one of the two, without quotes"),
    "bool_parsing": ("true or false", "write one of the two, without quotes"),
    "string_type": ("text", "put it in quotes"),
    "dict_type": ("a mapping", "write `key: value` lines under it"),
    "model_type": ("a mapping", "write `key: value` lines under it"),
    "tuple_type": ("a list", "write it as [a, b]"),
    "list_type": ("a list", "write it as [a, b]"),
    "too_short": ("at least one", "write one"),
    "greater_than_equal": (_RANGE, "choose one"),
    "less_than_equal": (_RANGE, "choose one"),
}


def translate(error: ErrorDetails, model: type[BaseModel], value: Value) -> Problem:
    """Return the problem for an error that pydantic found in `value` as `model`."""
    at, rest = _descend(value, error["loc"])
    found_model, field = _meant(model, error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    place, path = at.written.place, at.written.path
    if kind == "missing":
        key = dotted((*path, *rest))
        expected = field.description if field and field.description else "a value"
        return Problem(place, key, "nothing", expected, _add(path))
    if kind == "extra_forbidden":
        # The name of a host, a model or a service is the key above its body.
        named = {"name"} if issubclass(found_model, SpecModel) else set()
        known = sorted(_fields(found_model).keys() - named)
        elsewhere = _of_another_runtime(found_model, at, known)
        return elsewhere or unknown(at, "key", known)
    found = context.get("found") or format_value(at.plain(), path)
    wanted, remedy = _sentence(kind, context, field, at.data)
    return Problem(place, dotted(path), found, wanted or _in_words(error["msg"]), remedy)


def _in_words(message: str) -> str:
    """Return what a message of pydantic expects, without its introduction."""
    for introduction in ("Input should be ", "Value error, ", "Assertion failed, "):
        message = message.removeprefix(introduction)
    return message


def unknown(at: Value, what: str, known: Iterable[str], name: str | None = None) -> Problem:
    """Return the problem of an unknown name (by default the last key of `at`)."""
    written = name if name is not None else str(at.written.path[-1])
    known = list(known)
    expected = f"one of {', '.join(known)}" if known else f"no {what}: none is defined"
    found = f"the unknown {what} {format_value(written)}"
    return Problem(at.written.place, at.written.key, found, expected, did_you_mean(written, known))


def _of_another_runtime(model: type[BaseModel], at: Value, known: list[str]) -> Problem | None:
    """Return the problem of a key that other runtimes have; None for a key that none has."""
    key = str(at.written.path[-1])
    if not issubclass(model, Service) or key not in AnyService.model_fields:
        return None
    name = next(name for of in (SERVICES, ADOPTED) for name, one in of.items() if one is model)
    expected = f"a key of {name}: {', '.join(name for name in known if name != 'runtime')}"
    remedy = model.instead.get(key, "remove it")
    return Problem(at.written.place, at.written.key, f"the key {key}", expected, remedy)


def _add(path: KeyPath) -> str:
    is_host = path[:1] == ("hosts",)
    where = "the host, its board, its groups or the defaults" if is_host else dotted(path)
    return f"add it to {where}"


def _sentence(
    kind: str, context: dict[str, Any], field: FieldInfo | None, data: object
) -> tuple[str | None, str]:
    if kind == "refused":
        return context["expected"], context["remedy"]
    if kind == "literal_error":
        choices = context["expected"].replace("'", "")
        return choices, did_you_mean(str(data), choices.replace(" or ", ", ").split(", "))
    expected, remedy = _TYPES.get(kind, (None, "correct it or remove it"))
    if expected == _RANGE and not (field and field.description):
        expected = None  # the message of pydantic has the limit
    if expected and field and field.description:
        expected = f"{expected} ({field.description})"
    return expected, remedy


def _descend(value: Value, loc: tuple[int | str, ...]) -> tuple[Value, tuple[int | str, ...]]:
    """Return the last written value on the way of `loc`, and the steps that remain."""
    for done, step in enumerate(loc):
        if is_tag(step):
            continue
        # Services are a mapping in the file and a sequence in the model.
        in_mapping = isinstance(step, int) and isinstance(value.data, dict)
        key = list(value.children)[step] if isinstance(step, int) and in_mapping else step
        items = dict(value.items())
        if key not in items:
            return value, loc[done:]
        value = items[key]
    return value, ()


def _meant(
    model: type[BaseModel], loc: tuple[int | str, ...]
) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the innermost model on the way of `loc`, and its field."""
    field: FieldInfo | None = None
    for step in loc:
        if is_tag(step):
            model = _tagged(model, step)
            continue
        if isinstance(step, int) or step not in _fields(model):
            continue
        field = _fields(model)[step]
        inner = _model_in(field.annotation)
        if inner is None:
            return model, field
        model = inner
    return model, field


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by their keys in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _tagged(model: type[BaseModel], tag: int | str) -> type[BaseModel]:
    """Return the model of the runtime that a step of a location names."""
    if issubclass(model, AdoptedService):
        return tagged_model(tag, ADOPTED) or ADOPTED_ANY
    return tagged_model(tag, SERVICES) or AnyService


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    inner = (_model_in(part) for part in get_args(annotation))
    return next((model for model in inner if model is not None), None)
