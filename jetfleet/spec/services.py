"""The services of a host: a union of all runtimes' models, discriminated by `runtime`.

A body is validated as a service of its runtime, so keys of another runtime are refused. A body that
does not name a known runtime, as groups may write it, is validated against the keys of all.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, create_model

from jetfleet.runtimes.folders import folders, module_of
from jetfleet.spec.service import Service, named
from jetfleet.spec.when_chosen import WhenChosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

ANY = "runtime:"
"""Tag of a body that names no known runtime; that of the others has the name behind it."""


def _name_of(model: type[Service]) -> str:
    (name,) = model.model_fields["runtime"].annotation.__args__  # type: ignore[union-attr]
    return str(name)


_FOUND = [module_of(folder, "spec").SERVICE for folder in folders()]

SERVICES: Mapping[str, type[Service]] = {
    _name_of(model): model for model in sorted(_FOUND, key=_name_of)
}
"""The model of each runtime's services, by the runtime's name."""

RUNTIMES: tuple[str, ...] = tuple(SERVICES)
"""The names of all runtimes, sorted."""


def _any_service() -> type[Service]:
    """Return a model with the keys of all runtimes."""
    names = Literal[RUNTIMES]  # type: ignore[valid-type]
    about = f"the server's kind: {', '.join(RUNTIMES)}"
    fields: dict[str, Any] = {"runtime": (names, Field(description=about))}
    for model in SERVICES.values():
        for name, field in model.model_fields.items():
            if name not in Service.model_fields:
                fields.setdefault(name, (field.annotation, field))
    made: type[Service] = create_model("AnyService", __base__=Service, **fields)
    made.own_options = {}
    made.secret_options = {
        name: "remove it, and write it as `api_key`"
        for model in SERVICES.values()
        for name in model.secret_options
    }
    return made


AnyService = _any_service()


def union_of(models: Mapping[str, type[BaseModel]], other: type[BaseModel]) -> Any:  # noqa: ANN401
    """Return the type of a service: one of the models by runtime, or `other`."""
    chosen = WhenChosen()
    tagged = [Annotated[model, chosen, Tag(f"{ANY}{name}")] for name, model in models.items()]
    union = reduce(or_, [*tagged, Annotated[other, chosen, Tag(ANY)]])
    return Annotated[union, Discriminator(_tag_of)]


def services_of(models: Mapping[str, type[BaseModel]], other: type[BaseModel]) -> Any:  # noqa: ANN401
    """Return the type of a mapping of services by name, as a sequence that knows the names."""
    one: Any = union_of(models, other)
    return Annotated[tuple[one, ...], BeforeValidator(named)]


def _tag_of(body: object) -> str:
    name = body.get("runtime") if isinstance(body, dict) else getattr(body, "runtime", None)
    return f"{ANY}{name}" if isinstance(name, str) and name in SERVICES else ANY


def tagged_model(step: object, models: Mapping[str, type[BaseModel]]) -> type[BaseModel] | None:
    """Return the model that a step of an error's location chose; None for any other step."""
    return models.get(step.removeprefix(ANY)) if is_tag(step) else None  # type: ignore[attr-defined]


def is_tag(step: object) -> bool:
    """Tell whether a step of an error's location is the tag of a runtime, not a key."""
    return isinstance(step, str) and step.startswith(ANY)
