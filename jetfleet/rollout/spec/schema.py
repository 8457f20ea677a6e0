"""The JSON Schema of a rollout file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from jetfleet.rollout.spec.document import RolloutFile
from jetfleet.rollout.spec.gate import GateEntry
from jetfleet.rollout.spec.window import Window

_REF = "#/$defs/"


def rollout_schema() -> dict[str, Any]:
    """Return the JSON Schema of a rollout file as it is written, with its short forms."""
    models = [(model, "validation") for model in (RolloutFile, GateEntry, Window)]
    _, schema = models_json_schema(models, by_alias=True, ref_template=_REF + "{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = schema["$defs"]
    sections = definitions.pop("RolloutFile")
    definitions["GateEntry"] |= {"minProperties": 1, "maxProperties": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_defaults(sections),
        "title": "jetfleet rollout",
        "$defs": {name: _without_defaults(one) for name, one in definitions.items()},
    }


def _without_defaults(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition without defaults: those of durations are seconds, which no file has."""
    properties = {
        name: {key: part for key, part in one.items() if key != "default"}
        for name, one in definition.get("properties", {}).items()
    }
    return {**definition, "properties": properties} if properties else definition
