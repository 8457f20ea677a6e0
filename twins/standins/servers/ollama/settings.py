"""`OLLAMA_*` as the server reads them: a value that cannot be read is passed over with a warning.

From https://github.com/ollama/ollama/blob/v0.6.8/envconfig/config.go: none of them stops it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREVER = float(2**63 - 1) / 1e9
_TRUE, _FALSE = {"1", "t", "T", "TRUE", "true", "True"}, {"0", "f", "F", "FALSE", "false", "False"}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PORT, _LARGEST_PORT = 11434, 65535
_BOOLEANS = ("debug", "flash_attention", "noprune", "nohistory", "sched_spread", "multiuser_cache")
_NUMBERS = ("num_parallel", "max_loaded_models", "max_queue", "gpu_overhead", "context_length")


@dataclass(frozen=True)
class Settings:
    """What was read; times in seconds, `gpu_overhead` in bytes, `warnings` about the rest."""

    host: str = "127.0.0.1"
    port: int = _PORT
    models: str = ""
    keep_alive: float = 300.0
    load_timeout: float = 300.0
    num_parallel: int = 0
    max_loaded_models: int = 0
    max_queue: int = 512
    gpu_overhead: int = 0
    context_length: int = 4096
    kv_cache_type: str = ""
    llm_library: str = ""
    origins: str = ""
    debug: bool = False
    flash_attention: bool = False
    noprune: bool = False
    nohistory: bool = False
    sched_spread: bool = False
    multiuser_cache: bool = False
    warnings: tuple[str, ...] = field(default=())

    def shown(self) -> dict[str, Any]:
        """Return all but the warnings, as JSON."""
        return {name: value for name, value in asdict(self).items() if name != "warnings"}


def read(environment: Mapping[str, str]) -> Settings:
    """Read an environment."""
    found: dict[str, Any] = {}
    warnings: list[str] = []

    def given(name: str) -> str:
        return environment.get(f"OLLAMA_{name.upper()}", "").strip().strip("\"'")

    for name in ("kv_cache_type", "llm_library", "origins"):
        found[name] = given(name)
    for name in _BOOLEANS:
        # A word that is no boolean counts as true.
        found[name] = bool(given(name)) and given(name) not in _FALSE
    for name in _NUMBERS:
        text = given(name)
        if text.isdecimal():
            found[name] = int(text)
        elif text:
            warnings.append(_using_default(name, text))
    for name in ("keep_alive", "load_timeout"):
        seconds = duration(given(name)) if given(name) else None
        if seconds is not None:
            endless = seconds < 0 or (name == "load_timeout" and seconds == 0)
            found[name] = FOREVER if endless else seconds
    home = environment.get("HOME", "/root")
    found["models"] = given("models") or f"{home}/.ollama/models"
    found["host"], found["port"] = _host(given("host"), warnings)
    return Settings(**found, warnings=tuple(warnings))


def duration(text: str) -> float | None:
    """Return the seconds of `10m`, `1h30m` or `-1` (a bare number counts seconds), or nothing."""
    if re.fullmatch(r"[+-]?\d+", text):
        return float(text)
    parts = re.fullmatch(r"([+-]?)((?:\d+\.?\d*(?:ns|us|µs|ms|s|m|h))+)", text)
    if not parts:
        return None
    found = re.findall(r"(\d+\.?\d*)(ns|us|µs|ms|s|m|h)", parts[2])
    return (-1 if parts[1] == "-" else 1) * sum(float(n) * _SECONDS[unit] for n, unit in found)


def _host(text: str, warnings: list[str]) -> tuple[str, int]:
    scheme, slashes, rest = text.partition("://")
    usual = {"http": 80, "https": 443}.get(scheme, _PORT) if slashes else _PORT
    place = (rest if slashes else text).split("/")[0]
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place.strip("[]") or "127.0.0.1", usual
    if not port.isdecimal() or int(port) > _LARGEST_PORT:
        warnings.append(f'msg="invalid port, using default" port={port} default={usual}')
        return host.strip("[]"), usual
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - what ":11434" means


def _using_default(name: str, text: str) -> str:
    usual = Settings.__dataclass_fields__[name].default
    return (
        f'msg="invalid environment variable, using default" key=OLLAMA_{name.upper()} '
        f"value={text} default={usual}"
    )
