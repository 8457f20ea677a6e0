"""The JSON Schema of a spec file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from jetfleet.spec.adopted import ADOPTED, ADOPTED_ANY
from jetfleet.spec.document import Document
from jetfleet.spec.model import HostSpec, ModelSpec
from jetfleet.spec.services import SERVICES, AnyService

_REF = "#/$defs/"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec file as it is written, before anything is merged.

    No key of a body is required: a key may be in the host, its board, a group or the defaults.
    """
    _, schema = models_json_schema(
        [(model, "validation") for model in (Document, HostSpec, ModelSpec)],
        ref_template=_REF + "{model}",
    )
    definitions: dict[str, Any] = schema["$defs"]
    for name, definition in definitions.items():
        if name not in {"Document", "SecretRef"}:
            definition.pop("required", None)
        if name in {"HostSpec", "ModelSpec", *_NAMES}:
            definition["properties"].pop("name")
    for owner, models in (("HostSpec", SERVICES), ("Adopted", ADOPTED)):
        services = definitions[owner]["properties"]["services"]
        definitions[owner]["properties"]["services"] = {
            "type": "object",
            "additionalProperties": {
                # A body that does not name its runtime, as under groups, may be any one's.
                "anyOf": [{"$ref": _REF + model.__name__} for model in models.values()]
            },
            "description": services["description"],
        }
    for name in _UNKNOWN:
        definitions.pop(name)
    sections = definitions.pop("Document")
    for section, model in _BODIES.items():
        written = sections["properties"][section]
        sections["properties"][section] = _by_name(model, written["description"])
        if "minProperties" in written:
            sections["properties"][section]["minProperties"] = written["minProperties"]
    defaults = sections["properties"]["defaults"]
    sections["properties"]["defaults"] = {
        "$ref": _REF + "HostSpec",
        "description": defaults["description"],
    }
    definitions["SecretRef"] = _REFERENCE
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **sections,
        "title": "jetfleet spec",
        "$defs": definitions,
    }


_NAMES = {model.__name__ for model in (*SERVICES.values(), *ADOPTED.values())}
_UNKNOWN = {AnyService.__name__, ADOPTED_ANY.__name__}
"""Models of bodies without a known runtime: they check such a body, and offer an editor nothing."""

_BODIES = {
    "models": "ModelSpec",
    "boards": "HostSpec",
    "groups": "HostSpec",
    "hosts": "HostSpec",
}
_REFERENCE = {
    "description": "where a secret is found: exactly one of the three",
    "type": "object",
    "properties": {kind: {"type": "string"} for kind in ("env", "file", "command")},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


def _by_name(model: str, description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": {"$ref": _REF + model},
        "description": description,
    }
