"""The description of the image: its vLLM version, its SoC and its option table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Option(TypedDict):
    """One option string as vLLM's own parser printed it."""

    choices: list[str] | None
    nargs: int | str | None
    takes_value: bool
    type: str | None


@dataclass(frozen=True)
class Flaw:
    """A known fault of an image: with which weights, when, and the kernel that causes it.

    `at` is `load` or `generation`; the engine of a generation that goes wrong is dead.
    """

    quantization: str
    at: str
    unless_disabled: str
    sentence: str

    def shows(self, quantization: str, at: str, environment: Mapping[str, str]) -> bool:
        """Tell whether it does, for weights of a format, with VLLM_DISABLED_KERNELS as given."""
        disabled = environment.get("VLLM_DISABLED_KERNELS", "").split(",")
        return (self.quantization, self.at) == (quantization, at) and (
            self.unless_disabled not in disabled
        )


@dataclass(frozen=True)
class Image:
    """One image: `sm` has the compute capabilities, times ten, for which its kernels were built."""

    version: str
    sm: int | list[int]
    options: dict[str, Option]
    flaws: tuple[Flaw, ...] = ()

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers, to compare."""
        return tuple(int(part) for part in self.version.split("."))

    @classmethod
    def read(cls, folder: Path) -> Image:
        """Read `image.json` and `options.json` of a folder."""
        about = json.loads((folder / "image.json").read_text())
        table = json.loads((folder / "options.json").read_text())
        flaws = tuple(Flaw(**flaw) for flaw in about.get("flaws", ()))
        return cls(str(about["version"]), about["sm"], table["options"], flaws)
