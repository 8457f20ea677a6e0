"""Models of a union whose validators are built when a value is of that model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:
    from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


class WhenChosen:
    """Marks a model in a union by tags, which has one model for each runtime.

    A spec uses few of them, and pydantic would build the validators of all, once for services and
    once for those that were set up by hand: a tenth of the time of a command that reads a spec.
    What is accepted, the places in errors and the JSON Schema are the same.
    """

    def __get_pydantic_core_schema__(
        self, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Return a schema that leaves a value to the model; called by pydantic."""
        del handler

        def described(_: object, of: GetJsonSchemaHandler) -> JsonSchemaValue:
            source.model_rebuild()
            # Below other definitions a model becomes one of them, and not a part of the union.
            return of(core_schema.definitions_schema(source.__pydantic_core_schema__, []))

        def validated(value: Any) -> BaseModel:  # noqa: ANN401 - any JSON value
            return source.model_validate(value)

        return core_schema.no_info_plain_validator_function(
            validated, metadata={"pydantic_js_functions": [described]}
        )
