"""Ollama of the stand-in images over a store that is laid out as on a board."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.standin_programs import Program, Running, free_port
from twins.standins.hubs.content.definition import definitions
from twins.standins.hubs.content.models import laid_out
from twins.standins.hubs.ollama.site import manifest

OFFICIAL, BUILT = (
    "docker.io/ollama/ollama:0.6.8",
    "docker.io/dustynv/ollama:0.6.8-r36.4-cu126-22.04",
)
SMALL, LARGE = "qwen2.5:1.5b", "qwen3:8b"


def sideload(store: Path, *names: str) -> None:
    """Lay models of the hub into a store: blobs first, then the manifest."""
    for one in definitions():
        if one.hub == "ollama" and one.target in names:
            found = laid_out(store.parent / "cache", one)
            for file in found.files:
                blob = store / "blobs" / f"sha256-{file.sha256}"
                blob.parent.mkdir(parents=True, exist_ok=True)
                blob.write_bytes(file.source.read_bytes())
            model, _, tag = one.target.partition(":")
            path = store / "manifests/registry.ollama.ai/library" / model / tag
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(manifest(found))


@contextmanager
def serving(program: Program, store: Path, **env: str) -> Iterator[Running]:
    port = free_port()
    given = {"OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_MODELS": str(store), **env}
    with program.serving("serve", url=f"http://127.0.0.1:{port}", **given) as running:
        yield running
