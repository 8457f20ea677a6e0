"""Values of the project with a hostile text in place of each text that they may hold."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Value = TypeVar("Value")


def poisoned(value: Value, text: str, *, but: tuple[str, ...] = ()) -> Value:
    """Return a value of a model or a dataclass in which each free text is this one.

    In a model, texts of few allowed words stay, and those that its types refuse.

    Parameters
    ----------
    but:
        Names of fields that stay: their text is no text of a board, a hub or a spec.

    """
    return _Poison(text, but).value(value, type(value))  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True)
class _Poison:
    text: str
    but: tuple[str, ...]

    def value(self, value: Any, hint: Any) -> Any:
        while get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        if isinstance(value, BaseModel):
            return self._model(value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._dataclass(value)
        if isinstance(value, str):
            return self.text if _is_free(hint) else value
        if isinstance(value, Mapping):
            inner = (*get_args(hint), Any, Any)[:2]
            return {
                f"{key}{self.text}" if _is_free(inner[0]) else key: self.value(one, inner[1])
                for key, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return type(value)(
                self.value(one, inner)
                for one, inner in zip(value, _items(hint, value), strict=True)
            )
        return value

    def _model(self, model: BaseModel) -> BaseModel:
        kind = type(model)
        old = {name: getattr(model, name) for name in kind.model_fields}
        new = {
            name: one if name in self.but else self.value(one, kind.model_fields[name].annotation)
            for name, one in old.items()
        }
        try:
            return _made(kind, new)
        except ValidationError as error:
            refused = {str(one["loc"][0]) for one in error.errors()}
            return _made(kind, {name: old[name] if name in refused else new[name] for name in new})

    def _dataclass(self, value: Any) -> Any:
        given = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(
            **{
                name: one if name in self.but else self.value(one, Any)
                for name, one in given.items()
            }
        )


def _made(kind: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    fields = kind.model_fields
    return kind.model_validate({fields[name].alias or name: one for name, one in values.items()})


def _is_free(hint: Any) -> bool:
    """Tell whether a type takes any text."""
    if get_origin(hint) is Literal:
        return False
    if get_origin(hint) in {Union, types.UnionType, Annotated}:
        return any(map(_is_free, get_args(hint)))
    return hint in {str, Any, object}


def _items(hint: Any, value: Any) -> list[Any]:
    """Return the type of each item of a list or a tuple."""
    found = [one for one in get_args(hint) if one is not Ellipsis] or [Any]
    if get_origin(hint) in {Union, types.UnionType}:
        found = next(([*get_args(one)] for one in found if get_origin(one) in {tuple, list}), [Any])
        found = [one for one in found if one is not Ellipsis]
    return found if len(found) == len(value) else [found[0]] * len(value)
