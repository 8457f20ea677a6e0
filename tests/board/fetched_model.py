"""A model whose files are laid out, and fetched by the program of a board, on this computer."""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
import subprocess
from pathlib import Path
from typing import Any

from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links

TEXTS = {"config.json": b"{}", "deep er/it's $(a).bin": b"weights" * 1000}


def made_model(folder: Path) -> Model:
    """Return a model of two files that is nowhere yet."""
    files = tuple(
        ModelFile(path, len(text), hashlib.sha256(text).hexdigest()) for path, text in TEXTS.items()
    )
    return Model("cosmos", "r2", "hf:a/b", str(folder), files)


def run(script: str) -> tuple[int, str]:
    """Run a script; return its status and what it printed."""
    done = subprocess.run(
        ["sh", "-s"], input=f"{{\n{script}\n}}\n", capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def fetched(model: Model, links: Links | None = None) -> tuple[int, dict[str, Any]]:
    """Fetch the model here; return the status, and what the program left of why."""
    one = Fetch(model, model.files)
    state = Path(model.directory).parent
    script = one.script(links or Links({})).replace("/run/jetfleet/", f"{state}/")
    status, _ = run(script)
    why = state / f"{one.unit}.json"
    assert not list(state.glob("*.meta4"))
    return status, json.loads(why.read_text()) if why.exists() else {}


def lay(folder: Path, *, wrong: str = "") -> Path:
    """Lay out the model's files."""
    for name, text in TEXTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(text) if name == wrong else text)
    return folder


def control(size: int, piece: int = 1 << 20) -> bytes:
    """The control file of aria2 of a file of which nothing is there yet."""
    bits = math.ceil(math.ceil(size / piece) / 8)
    return struct.pack(">HIIIQQI", 1, 0, 0, piece, size, 0, bits) + bytes(bits) + bytes(4)


def marker(model: Model) -> list[str]:
    return (Path(model.folder) / ".jetfleet").read_text().splitlines()
