"""Values that cannot be changed after loading."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict


class SpecModel(BaseModel):
    """Base of all spec models: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class FrozenDict(dict[Any, Any]):
    """A dict that cannot be changed and can be hashed; `json.dumps` and `==` treat it as a dict."""

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("a loaded spec cannot be changed; edit the file and load it again")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[Any, Any]]]:
        return (FrozenDict, (dict(self),))

    def __deepcopy__(self, _memo: object) -> FrozenDict:
        return self


def freeze(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return `value` with every mapping a `FrozenDict` and every list a tuple, at every depth."""
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    return value


def thaw(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return `value` as plain dicts and lists, which can be changed and compared."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thaw(item) for item in value]
    return value
