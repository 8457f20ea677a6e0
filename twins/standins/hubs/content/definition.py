"""The models of the stand-in hubs: what each is made of, read from all files `models.yaml`.

A folder of `hubs/` holds the models of its hub; a folder of `servers/` may hold those that only
that server needs. Each file names its hub once and lists the models.

Of a model: `access` is public (unless written), key or licence. `like`: whose config.json it has,
from architectures.yaml, with `config` laid over it. `files` are given as `json` or as `text`. The
weights are made, `bytes` (65536) in all: `tensors` of them over `shards` safetensors files, of
numbers `dtype`; or `gguf` files, each with its quantization; or `opaque` files; or `bundles`,
archives with a program of `servers/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol

from ruamel.yaml import YAML

from twins.standins.hubs.content.bundle import Bundles, bundles
from twins.standins.hubs.content.gguf import Gguf
from twins.standins.hubs.content.noise import Opaque
from twins.standins.hubs.content.safetensors import Weights
from twins.standins.hubs.places import BY_HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.abc import Traversable


class Large(Protocol):
    """The large files of a model, `size` bytes in all."""

    @property
    def size(self) -> int:
        """Bytes, without headers."""
        ...

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each file: its path and its content in pieces."""
        ...


@dataclass(frozen=True)
class Definition:
    """One model: its name on its hub, who may download it, and its files.

    `access` is `public`, `key` (for those with the fleet's key) or `licence` (for those who also
    accepted it; on NGC nobody did).
    """

    hub: str
    name: str
    version: str
    access: str
    weights: Weights | Gguf | Opaque | Bundles
    small_files: tuple[tuple[str, bytes], ...]

    @property
    def target(self) -> str:
        """The name as its hub's own command takes it."""
        return f"{self.name}:{self.version}" if BY_HUB[self.hub].versioned else self.name

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield every file: its path and its content in pieces."""
        for path, content in self.small_files:
            yield path, (content,)
        yield from self.weights.contents()

    def resized(self, size: int | None) -> Definition:
        """Return the same model with another number of weight bytes, if one is given."""
        return self if size is None else replace(self, weights=replace(self.weights, size=size))


def definitions() -> tuple[Definition, ...]:
    """Return the models of all hubs."""
    standins = resources.files("twins.standins")
    architectures = _yaml(standins.joinpath("hubs/content/architectures.yaml"))
    folders = [
        folder
        for room in ("hubs", "servers")
        for folder in sorted(standins.joinpath(room).iterdir(), key=lambda one: one.name)
    ]
    lists = [folder.joinpath("models.yaml") for folder in folders]
    read = [_yaml(file) for file in lists if file.is_file()]
    return tuple(
        _definition(written["hub"], entry, architectures)
        for written in read
        for entry in written["models"]
    )


def _yaml(file: Traversable) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    return content


def _definition(hub: str, entry: dict[str, Any], architectures: Mapping[str, Any]) -> Definition:
    name = entry["name"]
    version = str(entry.get("version", BY_HUB[hub].version))
    config = {**architectures.get(entry.get("like", ""), {}), **entry.get("config", {})}
    companions = _companions(config) if config and "gguf" not in entry["weights"] else []
    files = [(file["path"], _content(file)) for file in entry.get("files", ())]
    weights = _weights(f"{name}:{version}", entry["weights"], config)
    access = entry.get("access", "public")
    return Definition(hub, name, version, access, weights, (*companions, *files))


def _weights(
    seed: str, large: dict[str, Any], config: dict[str, Any]
) -> Weights | Gguf | Opaque | Bundles:
    size = large.get("bytes", 65536)
    if "bundles" in large:
        return bundles(large["bundles"])
    if "gguf" in large:
        return Gguf(seed, size, tuple(large["gguf"].items()), tuple(config.items()))
    if "opaque" in large:
        return Opaque(seed, size, tuple(large["opaque"]))
    return Weights(seed, size, large["shards"], large["tensors"], large["dtype"])


def _companions(config: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Return the files beside the weights that transformers needs."""
    inside = {**config, **config.get("text_config", {})}
    context = inside["max_position_embeddings"]
    vocabulary = {"<unk>": 0, "the": 1, "board": 2}
    files = {
        "config.json": config,
        "generation_config.json": {"do_sample": True, "temperature": 0.6, "top_p": 0.95},
        "tokenizer.json": {"version": "1.0", "model": {"type": "BPE", "vocab": vocabulary}},
        "tokenizer_config.json": {"model_max_length": context},
    }
    if "vision_config" in config:
        files["preprocessor_config.json"] = {"patch_size": config["vision_config"]["patch_size"]}
    return [(path, _json(content)) for path, content in files.items()]


def _content(file: dict[str, Any]) -> bytes:
    return _json(file["json"]) if "json" in file else str(file["text"]).encode()


def _json(content: object) -> bytes:
    return json.dumps(content, indent=2).encode() + b"\n"
