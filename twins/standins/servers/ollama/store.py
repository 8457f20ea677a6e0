"""The models on disk, read at each request: manifests by name, and blobs by digest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGISTRY, NAMESPACE, TAG = "registry.ollama.ai", "library", "latest"
_BLOB = re.compile(r"sha256-[0-9a-f]{64}")
_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True)
class Name:
    """A model's full name."""

    host: str
    namespace: str
    model: str
    tag: str

    @classmethod
    def read(cls, text: str) -> Name:
        """Read `qwen3`, `qwen3:8b`, `owner/model:tag` or one with a host in front."""
        path, colon, tag = text.rpartition(":")
        if not colon or "/" in tag:
            path, tag = text, TAG
        parts = path.split("/")
        defaults = [REGISTRY, NAMESPACE]
        host, namespace, model = [*defaults[: 3 - len(parts)], *parts][-3:]
        return cls(host, namespace, model, tag or TAG)

    @property
    def short(self) -> str:
        """The name in listings: without the default parts."""
        front = [] if self.host == REGISTRY else [self.host]
        front += [] if not front and self.namespace == NAMESPACE else [self.namespace]
        return "/".join([*front, self.model]) + f":{self.tag}"


@dataclass(frozen=True)
class Manifest:
    """A manifest on disk."""

    name: Name
    path: Path
    content: dict[str, Any]

    @property
    def digest(self) -> str:
        """Its sha256, in hexadecimal."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def layers(self) -> list[dict[str, Any]]:
        """Everything that it is made of, the configuration first."""
        return [self.content["config"], *self.content["layers"]]

    @property
    def size(self) -> int:
        """All of it in bytes."""
        return sum(int(layer["size"]) for layer in self.layers)

    @property
    def modified(self) -> str:
        """When it was written."""
        at = datetime.fromtimestamp(self.path.stat().st_mtime, timezone.utc)
        return at.isoformat().replace("+00:00", "Z")


class Store:
    """The folder `$OLLAMA_MODELS`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def manifests(self) -> Iterator[Manifest]:
        """Yield all of them; raises `ValueError` at one that cannot be read."""
        for path in sorted((self.folder / "manifests").glob("*/*/*/*")):
            if path.is_file():
                yield self._manifest(Name(*path.parts[-4:]), path)

    def manifest(self, name: Name) -> Manifest | None:
        """Return the manifest of a name, if it is there."""
        path = self.path(name)
        return self._manifest(name, path) if path.is_file() else None

    def path(self, name: Name) -> Path:
        """Return where the manifest of a name is."""
        folders = (name.host, name.namespace, name.model, name.tag)
        return self.folder.joinpath("manifests", *folders)

    def blob(self, digest: str) -> Path:
        """Return where the blob of a digest is."""
        return self.folder / "blobs" / digest.replace(":", "-")

    def listed(self) -> list[dict[str, Any]]:
        """Return what `/api/tags` shows; one whose configuration is missing is left out."""
        return [self.card(one) for one in self.manifests() if self._config(one).is_file()]

    def card(self, manifest: Manifest) -> dict[str, Any]:
        """Return one entry of it."""
        said = json.loads(self._config(manifest).read_text())
        details = {
            "parent_model": "",
            "format": said["model_format"],
            "family": said["model_family"],
            "families": said["model_families"],
            "parameter_size": said["model_type"],
            "quantization_level": said["file_type"],
        }
        return {
            "name": manifest.name.short,
            "model": manifest.name.short,
            "modified_at": manifest.modified,
            "size": manifest.size,
            "digest": manifest.digest,
            "details": details,
        }

    def weights(self, manifest: Manifest) -> Path:
        """Return the file of its weights; raises `OSError` when that or another part is missing."""
        for layer in manifest.layers:
            path = self.blob(layer["digest"])
            if not path.is_file():
                raise FileNotFoundError(f"open {path}: no such file or directory")
        layers = manifest.content["layers"]
        return next(self.blob(one["digest"]) for one in layers if one["mediaType"] == _MODEL)

    def text(self, manifest: Manifest, kind: str) -> str:
        """Return its template, license or parameters, or nothing."""
        for layer in manifest.content["layers"]:
            if layer["mediaType"].endswith(f".{kind}") and self.blob(layer["digest"]).is_file():
                return self.blob(layer["digest"]).read_text()
        return ""

    def prune(self) -> int:
        """Remove blobs of no manifest and what is left of pulls; how many there were.

        Raises `ValueError` when a manifest cannot be read; then nothing is removed.
        """
        used = {layer["digest"].replace(":", "-") for m in self.manifests() for layer in m.layers}
        gone = [b for b in (self.folder / "blobs").glob("*") if b.name not in used]
        for blob in gone:
            blob.unlink()
        return sum(1 for blob in gone if _BLOB.fullmatch(blob.name))

    def _config(self, manifest: Manifest) -> Path:
        return self.blob(manifest.content["config"]["digest"])

    @staticmethod
    def _manifest(name: Name, path: Path) -> Manifest:
        content = json.loads(path.read_text())
        if not isinstance(content, dict) or not {"config", "layers"} <= content.keys():
            raise ValueError(f"{path}: no manifest")
        return Manifest(name, path, content)
