"""Tables of docs/performance.md, each between two comments that name its measurement."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from bench.farm.spec import ROOT

PAGE = ROOT / "docs/performance.md"
END = "<!-- end of the table -->"


def write(name: str, lines: Iterable[str]) -> None:
    """Write the table of a measurement, such as ``bench.scale``, and the machine to the page."""
    text = PAGE.read_text(encoding="utf-8")
    begin = f"<!-- table of {name} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise SystemExit(f"{PAGE} has no place for the table of {name}")
    table = [begin, *lines, "", machine(), END]
    PAGE.write_text(before + "\n".join(table) + after, encoding="utf-8")


def machine() -> str:
    """Return a sentence on this computer."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} processors ({platform.machine()}, {model}), {memory:.0f} GiB of memory, "
        f"Linux, Python {platform.python_version()}."
    )
