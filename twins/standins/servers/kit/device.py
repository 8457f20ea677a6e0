"""The GPU that the container has, and the memory that it shares with the board."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import claims

if TYPE_CHECKING:
    from pathlib import Path

KIB_IN_GIB = 2**20
NO_KERNELS = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the "
    "stacktrace below might be incorrect.\n"
    "For debugging consider passing CUDA_LAUNCH_BLOCKING=1"
)
# The free share of an idle board, for a container that does not see the board's meminfo.
_IDLE_SHARE = 0.94


class NoGpu(RuntimeError):
    """The container was started without the nvidia runtime."""


@dataclass(frozen=True)
class Device:
    """The board's GPU: SoC, compute capability times ten, memory in KiB (shared with the CPU)."""

    soc: str
    sm: int
    total_kib: int
    free_kib: int

    @property
    def total_gib(self) -> float:
        """The whole memory, in GiB."""
        return self.total_kib / KIB_IN_GIB

    @property
    def free_gib(self) -> float:
        """The free memory, in GiB."""
        return self.free_kib / KIB_IN_GIB

    @property
    def free_bytes(self) -> int:
        """The free memory, in bytes."""
        return self.free_kib * 1024

    def check_kernels(self, sms: int | list[int]) -> None:
        """Raise `RuntimeError` as CUDA does unless the kernels were built for this GPU."""
        if self.sm not in ([sms] if isinstance(sms, int) else sms):
            raise RuntimeError(NO_KERNELS)


def find(root: Path) -> Device:
    """Read the files that the nvidia runtime put into the container under `root`; raise `NoGpu`."""
    try:
        gpu = json.loads((root / "run/nvidia/twin-gpu.json").read_text())
    except OSError:
        raise NoGpu("No CUDA GPUs are available") from None
    total = int(gpu["memtotal_kib"])
    seen, available = _meminfo(root)
    free = available if seen == total else int(total * _IDLE_SHARE)
    free = max(free - claims.taken(root) // 1024, 0)
    return Device(str(gpu["soc"]), int(gpu["sm"]), total, free)


def _meminfo(root: Path) -> tuple[int, int]:
    text = (root / "proc/meminfo").read_text()
    found = dict(re.findall(r"^(MemTotal|MemAvailable):\s+(\d+) kB$", text, re.MULTILINE))
    return int(found.get("MemTotal", 0)), int(found.get("MemAvailable", 0))
