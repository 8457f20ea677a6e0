"""The spec key by key, as a page of the guide that is made from the models themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from jetfleet.spec.adopted import Adopted, Made
from jetfleet.spec.document import Document, Limits
from jetfleet.spec.model import (
    Docker,
    HostSpec,
    ModelsOnHost,
    ModelSpec,
    Power,
    Service,
    Ssh,
    Storage,
)
from jetfleet.spec.ollama import OllamaSettings
from jetfleet.spec.service import RUNTIMES, Probe, TritonModel
from jetfleet.validate.runtime import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_HEAD = """# The spec, key by key

A spec is one YAML file. A host is put together from four layers, each laid over the one before:
`defaults`, its `board`, its `groups` in the order listed, and the host itself. Mappings are merged
key by key; lists and single values replace what was there. A key that stands here and nowhere else
is refused with its line, and so is a value of another type.
"""

_SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The file", "The outermost keys.", Document),
    ("limits", "What the fleet may do at once.", Limits),
    ("models.NAME", "Where a model comes from; see [Models](../models.md).", ModelSpec),
    ("hosts.NAME", "A host. `defaults`, boards and groups take the same keys.", HostSpec),
    ("ssh", "How pyinfra logs in.", Ssh),
    ("storage", "The disk for images and models.", Storage),
    ("docker", "The Docker engine.", Docker),
    ("power", "Power mode and clocks.", Power),
    ("models of a host", "What a host holds, and where.", ModelsOnHost),
    ("services.NAME", "A model server.", Service),
    ("services.NAME.settings", "Ollama's settings, each with its unit.", OllamaSettings),
    ("services.NAME.repository.NAME", "One model of Triton's repository.", TritonModel),
    ("services.NAME.probe", "How a container shows that it is ready.", Probe),
    (
        "adopted",
        "What was set up by hand; see [Adopting a board](adopt.md). Its services also have `made`.",
        Adopted,
    ),
    ("adopted.services.NAME.made", "How somebody made a service.", Made),
)


def reference() -> str:
    """Return the page, in Markdown."""
    parts = [_HEAD]
    for title, about, model in _SECTIONS:
        runtimes = model is Service
        head = (
            "| key | what it is | left out | for |"
            if runtimes
            else "| key | what it is | left out |"
        )
        rule = "|---" * (4 if runtimes else 3) + "|"
        parts.append("\n".join((f"\n## {title}\n\n{about}\n", head, rule, *_rows(model))) + "\n")
    return "".join(parts)


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name == "name":  # it is the key above
            continue
        cells = [f"`{name}`", field.description or "", _default(field)]
        if model is Service:
            runtimes = [runtime for runtime in RUNTIMES if name in keys_of(runtime)]
            every = name == "runtime" or len(runtimes) == len(RUNTIMES)
            cells.append("all" if every else ", ".join(runtimes))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.default in (None, (), "", {}):
        return ""
    if field.default is PydanticUndefined:
        return "needed"
    if isinstance(field.default, BaseModel):
        return ""
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"
