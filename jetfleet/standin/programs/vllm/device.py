"""The GPU that the container has, and the memory that it shares with the board."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KIB_IN_GIB = 2**20
# What an idle board leaves free, for a container that sees another meminfo than the board's own.
_IDLE_SHARE = 0.94


@dataclass(frozen=True)
class Device:
    """The board's GPU: SoC, compute capability times ten, memory in KiB (shared with the CPU)."""

    soc: str
    sm: int
    total_kib: int
    free_kib: int

    @property
    def total_gib(self) -> float:
        """All of the memory, in GiB."""
        return self.total_kib / KIB_IN_GIB

    @property
    def free_gib(self) -> float:
        """What is free now, in GiB."""
        return self.free_kib / KIB_IN_GIB


def find(root: Path) -> Device:
    """Read what the nvidia runtime put into the container under `root`.

    Raises `RuntimeError` as vLLM does when the container was started without that runtime.
    """
    try:
        gpu = json.loads((root / "run/nvidia/twin-gpu.json").read_text())
    except OSError:
        raise RuntimeError(
            "Failed to infer device type, please set the environment variable "
            "`VLLM_LOGGING_LEVEL=DEBUG` to turn on verbose logging to help debug the issue."
        ) from None
    total = int(gpu["memtotal_kib"])
    seen, available = _meminfo(root)
    free = available if seen == total else int(total * _IDLE_SHARE)
    return Device(str(gpu["soc"]), int(gpu["sm"]), total, free)


def _meminfo(root: Path) -> tuple[int, int]:
    text = (root / "proc/meminfo").read_text()
    found = dict(re.findall(r"^(MemTotal|MemAvailable):\s+(\d+) kB$", text, re.MULTILINE))
    return int(found.get("MemTotal", 0)), int(found.get("MemAvailable", 0))
