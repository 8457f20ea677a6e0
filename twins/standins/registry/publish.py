"""All images of the recipes, built and pushed once for a cache folder."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from typing import TYPE_CHECKING

import requests

from jetfleet.errors import FleetError
from twins.standins import direct, files
from twins.standins.registry import image as images
from twins.standins.registry import process
from twins.standins.registry.base import base_layer
from twins.standins.registry.push import push
from twins.standins.registry.recipe import recipes

if TYPE_CHECKING:
    from pathlib import Path


def publish(cache_dir: Path) -> dict[str, str]:
    """Build and push every image; return the digests by reference, as a pull reports them.

    Do nothing if recipes, programs and option tables have not changed.
    Concurrent processes wait for each other. Raises `FleetError`.
    """
    with files.locked(process.storage(cache_dir) / ".lock"):
        marker = process.storage(cache_dir) / f".pushed-{_fingerprint()}.json"
        if marker.is_file():
            return dict(json.loads(marker.read_text()))
        below = {layer.name: base_layer(layer, cache_dir) for layer in recipes().layers}
        built = [images.build(recipe, below) for recipe in recipes().images]
        try:
            with process.writable(cache_dir) as url, direct.session() as session:
                known: dict[str, str] = {}
                for image in built:
                    push(session, url, image, known)
        except requests.RequestException as error:
            raise FleetError(f"The stand-in images could not be pushed: {error}") from error
        digests = {image.recipe.reference: image.digest for image in built}
        files.write(marker, json.dumps(digests, indent=2).encode())
        return digests


def _fingerprint() -> str:
    seen = hashlib.sha256(recipes().text.encode())
    for source in sorted(resources.files(__package__).iterdir(), key=lambda file: file.name):
        if source.is_file():
            seen.update(source.read_bytes())
    for recipe in recipes().images:
        for name, content in images.program_files(recipe):
            seen.update(f"{recipe.reference} {name} {len(content)}\n".encode() + content)
    return seen.hexdigest()[:16]
