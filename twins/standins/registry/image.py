"""An image: configuration, manifest and index as a registry keeps them."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from twins.standins.registry import programs
from twins.standins.registry.layer import Entry, Layer, digest, layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twins.standins.registry.recipe import Recipe

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PACKAGES = "usr/lib/python3/dist-packages"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Image:
    """The image of one recipe, ready to push; the tag points to the index."""

    recipe: Recipe
    config: bytes
    manifest: bytes
    index: bytes
    layers: tuple[Layer, ...]

    @property
    def digest(self) -> str:
        """The digest that the tag resolves to."""
        return digest(self.index)


def build(recipe: Recipe, layers_below: Mapping[str, Layer]) -> Image:
    """Build the image of a recipe on the layers that it names, for this architecture."""
    layers = (*(layers_below[name] for name in recipe.below), layer(_entries(recipe)))
    config = _json(
        {
            **_platforms()[0],
            "created": "1970-01-01T00:00:00Z",
            "config": _run(recipe),
            "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
            "history": [{"created_by": f"jetfleet {name}"} for name in (*recipe.below, "program")],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(_CONFIG, config),
            "layers": [_descriptor(_LAYER, each.blob) for each in layers],
        }
    )
    entry = _descriptor(MANIFEST, manifest)
    entries = [{**entry, "platform": one} for one in _platforms()]
    index = _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    return Image(recipe, config, manifest, index, layers)


def program_files(recipe: Recipe) -> Iterator[tuple[str, bytes]]:
    """Yield the modules of a recipe's programs and their data, by path below `servers`."""
    yield from programs.modules("kit", *recipe.along, recipe.program)
    yield f"{recipe.program}/image.json", _json(recipe.settings)
    for name, source_name in recipe.data.items():
        yield f"{recipe.program}/{name}", _product_file(source_name)


def _entries(recipe: Recipe) -> Iterator[Entry]:
    for name, content in program_files(recipe):
        yield Entry(f"{_PACKAGES}/{programs.FOLDER}/{name}", 0o644, content)
    start = f"#!/usr/bin/python3\n{programs.start(recipe.program)}"
    for path in recipe.executables:
        yield Entry(path.lstrip("/"), 0o755, start.encode())
    for file in recipe.files:
        yield Entry(file.path.lstrip("/"), file.mode, file.text.encode())


def _run(recipe: Recipe) -> dict[str, Any]:
    env = {"PATH": _PATH, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", **recipe.env}
    return {
        "Env": [f"{name}={value}" for name, value in env.items()],
        "Entrypoint": list(recipe.entrypoint) or None,
        "Cmd": list(recipe.command) or None,
        "WorkingDir": recipe.workdir,
    }


def _product_file(path: str) -> bytes:
    return resources.files("jetfleet").joinpath(path).read_bytes()


def _platforms() -> list[dict[str, str]]:
    """Return this machine, which runs the image, and a board's, which a lock asks for."""
    machine = platform.machine()
    own = _ARCHITECTURES.get(machine, machine)
    return [{"architecture": name, "os": "linux"} for name in dict.fromkeys((own, "arm64"))]


def _descriptor(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": digest(content)}


def _json(content: object) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True).encode()
