"""Whether a server takes pictures: what its model is made for, and what its options allow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.option_value import whole_number
from jetfleet.text import UnreadableJson, read_json

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput

_PROCESSORS = {"preprocessor_config.json", "processor_config.json"}
"""Files of a model that takes more than text: Transformers 5 writes only the second.

https://huggingface.co/docs/transformers/main/main_classes/processors
"""
_HEARS = re.compile(r"Audio|Speech|Ultravox|Voxtral|Whisper")
"""Architectures of models with such a file that take sound only."""
_READS = re.compile(r"ForCausalLM$")
"""Architectures of models without such a file that take text only."""


@dataclass(frozen=True)
class PictureOptions:
    """The options of a server that are about pictures.

    Parameters
    ----------
    limit:
        How many pictures a request may have.
    off:
        Switches that leave out the part of a model that sees.
    more:
        Options that only a model that sees has a use for.

    """

    limit: str
    off: frozenset[str]
    more: frozenset[str] = frozenset()


def takes_pictures(
    inputs: RoleInput, model: str, flags: Mapping[str, object], names: PictureOptions
) -> bool:
    """Tell whether a server of a model answers a request with one picture.

    Options for pictures count where the lock does not show what the model takes.

    Parameters
    ----------
    flags:
        The options of the server, as the spec has them.

    """
    if _most(flags, names.limit) == 0 or any(flags.get(name) is True for name in names.off):
        return False
    locked = inputs.lock.model(model)
    made_for = locked.architecture.names if locked.architecture else ()
    if any(_HEARS.search(name) for name in made_for):
        return False
    if any(file.path in _PROCESSORS for file in locked.files):
        return True
    written = any(name.partition(".")[0] in {names.limit, *names.more} for name in flags)
    return written and not any(_READS.search(name) for name in made_for)


def _most(flags: Mapping[str, object], limit: str) -> int | None:
    """Return how many pictures one request may have; None if the options do not say.

    The forms of vLLM: https://docs.vllm.ai/en/latest/configuration/conserving_memory/, and
    ``image=1,video=0`` of versions before 0.8.3.
    """
    for name in (f"{limit}.image.count", f"{limit}.image"):
        if name in flags:
            return _count(flags[name])
    value = flags.get(limit)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = read_json(value)
        except UnreadableJson:
            return None
    if isinstance(value, str):
        value = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
        value = {str(name).strip(): str(number).strip() for name, number in value.items()}
    return _count(value.get("image")) if isinstance(value, Mapping) else None


def _count(value: object) -> int | None:
    return whole_number(value.get("count") if isinstance(value, Mapping) else value)
