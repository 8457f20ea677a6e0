"""Settings of an Ollama server, each with its unit, and the variables that they become.

The variables: https://github.com/ollama/ollama/blob/main/envconfig/config.go
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import Count, Flag, FreeText

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3}
_UNITS |= {"Ki": 1024, "Mi": 1024**2, "Gi": 1024**3}
_BYTES = re.compile(r"([0-9]+) ?(K|M|G|Ki|Mi|Gi)?B")
_DURATION = re.compile(r"([0-9]+(ms|s|m|h))+")


def byte_count(text: object) -> object:
    """Return how many bytes "256MB" or "256MiB" are; refuses a number without its unit.

    A bare number is refused because people mean megabytes where Ollama reads bytes: 256 is what
    https://github.com/ollama/ollama/blob/main/envconfig/config.go takes for 256 bytes.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return _number_of_bytes(text)
    found = _BYTES.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise invalid(
            "bytes with their unit, such as 256MB", "write a number with MB, MiB, GB or B"
        )
    return int(found[1]) * _UNITS[found[2] or ""]


def _number_of_bytes(number: int) -> int:
    if number == 0:
        return 0
    remedy = f"write {number}MB if megabytes are meant, {number}B if bytes are"
    raise invalid("bytes with their unit, such as 256MB", remedy)


def _duration(value: object) -> object:
    """Take "10m", "1h30m", 0 or -1 (for ever); a bare number would be seconds to Ollama."""
    if value in (0, -1) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and (value in {"0", "-1"} or _DURATION.fullmatch(value)):
        return value
    raise invalid("a duration such as 10m, or -1 for ever", "write its unit: s, m or h")


Bytes = Annotated[int, BeforeValidator(byte_count, json_schema_input_type=str)]
Duration = Annotated[str, BeforeValidator(_duration, json_schema_input_type=str | int)]


class OllamaSettings(SpecModel):
    """Settings of an Ollama server besides its address and its store."""

    keep_alive: Duration | None = Field(
        default=None, description="how long a model stays loaded, such as 10m; -1 is for ever"
    )
    load_timeout: Duration | None = Field(
        default=None, description="how long a load may stand still, such as 5m"
    )
    num_parallel: Count | None = Field(
        default=None, description="requests that one model answers at once"
    )
    max_loaded_models: Count | None = Field(
        default=None, description="models that are loaded at once"
    )
    max_queue: Count | None = Field(
        default=None, description="requests that wait before others are turned away"
    )
    context_length: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        default=None, description="tokens of context where a request names none"
    )
    gpu_overhead: Bytes | None = Field(
        default=None, description="memory that is left free, with its unit, such as 256MB"
    )
    flash_attention: Flag | None = Field(
        default=None, description="whether flash attention is used"
    )
    kv_cache_type: Literal["f16", "q8_0", "q4_0"] | None = Field(
        default=None,
        description="the type of the key-value cache; all but f16 need flash_attention",
    )
    sched_spread: Flag | None = Field(
        default=None, description="whether a model is spread over all GPUs"
    )
    multiuser_cache: Flag | None = Field(
        default=None, description="whether the prompt cache is laid out for many users"
    )
    new_engine: Flag | None = Field(default=None, description="whether the new engine is used")
    no_cloud: Flag | None = Field(
        default=None, description="whether models of Ollama's cloud are switched off"
    )
    igpu_enable: Flag | None = Field(default=None, description="whether integrated GPUs are used")
    nohistory: Flag | None = Field(
        default=None, description="whether the command line keeps no history"
    )
    noprune: Flag = Field(
        default=True, description="whether blobs without a manifest survive a start"
    )
    debug: Annotated[int, Field(strict=True, ge=0, le=2)] | Flag | None = Field(
        default=None, description="whether it logs more; 2 is for every token"
    )
    origins: tuple[FreeText, ...] = Field(
        default=(), description="a list of origins that browsers may ask from"
    )

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that say all this, sorted by name."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            f"OLLAMA_{name.upper()}": _as_text(value)
            for name, value in sorted(values.items())
            if value is not None and value != ()
        }


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return ",".join(value) if isinstance(value, tuple) else str(value)
