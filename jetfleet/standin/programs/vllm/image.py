"""What the image says of itself: its vLLM version, its SoC and its option table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pathlib import Path


class Option(TypedDict):
    """One option string as vLLM's own parser printed it."""

    choices: list[str] | None
    nargs: int | str | None
    takes_value: bool
    type: str | None


@dataclass(frozen=True)
class Image:
    """One image: `sm` is the compute capability times ten for which its kernels were built."""

    version: str
    soc: str
    sm: int
    options: dict[str, Option]

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers, to compare."""
        return tuple(int(part) for part in self.version.split("."))

    @classmethod
    def read(cls, folder: Path) -> Image:
        """Read `image.json` and `options.json` of a folder."""
        about = json.loads((folder / "image.json").read_text())
        table = json.loads((folder / "options.json").read_text())
        return cls(str(about["version"]), about["soc"], int(about["sm"]), table["options"])
