"""Which of its GPU libraries the server takes on this board, and whether they fit."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twins.standins.servers.kit import device

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.device import Device

KERNELS = "kernels.json"


@dataclass(frozen=True)
class Gpu:
    """The library in use: `cpu` when none can be; `sms` of what its kernels were built for."""

    library: str
    sms: tuple[int, ...] = ()
    device: Device | None = None


def find(root: Path, environment: Mapping[str, str]) -> Gpu:
    """Choose as the server does: a JetPack by JETSON_JETPACK or by the board's release file.

    https://github.com/ollama/ollama/blob/v0.6.8/discover/cuda_common.go. On an Orin only libraries
    of a JetPack, or ones that were built on the board, work; else the CPU does it.
    """
    try:
        board = device.find(root)
    except device.NoGpu:
        return Gpu("cpu")
    jetpack = environment.get("JETSON_JETPACK", "").split(".")[0] or _jetpack(root)
    found = {path.name: path for path in sorted(_libraries(root).glob("cuda_*"))}
    name = f"cuda_jetpack{jetpack}"
    if name not in found:
        native = [n for n, path in found.items() if _about(path).get("native")]
        server = [n for n in found if "jetpack" not in n and board.soc != "orin"]
        name = next(iter([*native, *reversed(server)]), "")
    if not name:
        return Gpu("cpu")
    return Gpu(name, tuple(_about(found[name])["sms"]), board)


def _jetpack(root: Path) -> str:
    release = root / "etc/nv_tegra_release"
    said = re.match(r"# R(\d+) ", release.read_text()) if release.is_file() else None
    return {"35": "5", "36": "6"}.get(said[1], "") if said else ""


def _libraries(root: Path) -> Path:
    beside = Path(sys.argv[0]).resolve().parent.parent / "lib/ollama"
    return beside if beside.is_dir() else root / "usr/lib/ollama"


def _about(folder: Path) -> dict[str, list[int]]:
    about: dict[str, list[int]] = json.loads((folder / KERNELS).read_text())
    return about
