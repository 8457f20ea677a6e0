"""The recipes of `images.yaml`, typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TextFile:
    """A file that a recipe writes out."""

    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Base:
    """A layer that images share: of Debian packages only what `keep` names and `drop` does not."""

    name: str
    suite: str
    packages: tuple[str, ...]
    keep: tuple[str, ...]
    drop: tuple[str, ...] = ()
    applets: tuple[str, ...] = ()
    files: tuple[TextFile, ...] = ()
    folders: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Recipe:
    """One image under its real name."""

    reference: str
    program: str
    settings: Mapping[str, Any]
    data: Mapping[str, str]
    executables: tuple[str, ...]
    env: Mapping[str, str]
    files: tuple[TextFile, ...]
    along: tuple[str, ...] = ()
    below: tuple[str, ...] = ("base",)
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    workdir: str = "/"

    @property
    def repository(self) -> str:
        """The path in the registry, without the registry's name: `nvidia/vllm`."""
        return self.reference.split("/", 1)[1].rsplit(":", 1)[0]

    @property
    def tag(self) -> str:
        """The tag: `26.01-py3`."""
        return self.reference.rsplit(":", 1)[1]


@dataclass(frozen=True)
class Recipes:
    """All of `images.yaml`, and its own text."""

    layers: tuple[Base, ...]
    images: tuple[Recipe, ...]
    text: str


@cache
def recipes() -> Recipes:
    """Read the recipes that come with the package."""
    text = resources.files("twins.standins").joinpath("data/images.yaml").read_text("utf-8")
    written = YAML(typ="safe", pure=True).load(text)
    return Recipes(
        tuple(_layer(name, layer) for name, layer in written["layers"].items()),
        tuple(_recipe(image) for image in written["images"]),
        text,
    )


def _layer(name: str, layer: dict[str, Any]) -> Base:
    lists = {key: tuple(layer.get(key, ())) for key in ("packages", "keep", "drop", "applets")}
    folders = tuple((path, int(mode)) for path, mode in layer.get("folders", {}).items())
    return Base(name, layer["suite"], files=_files(layer), folders=folders, **lists)


def _recipe(image: dict[str, Any]) -> Recipe:
    lists = {key: tuple(image.get(key, ())) for key in ("executables", "entrypoint", "command")}
    return Recipe(
        reference=image["reference"],
        program=image["program"],
        settings=image.get("settings", {}),
        data=image.get("data", {}),
        env=image.get("env", {}),
        workdir=image.get("workdir", "/"),
        along=tuple(image.get("along", ())),
        below=("base", *image.get("below", ())),
        files=_files(image),
        **lists,
    )


def _files(written: dict[str, Any]) -> tuple[TextFile, ...]:
    return tuple(
        TextFile(entry["path"], entry["text"], int(entry.get("mode", 0o644)))
        for entry in written.get("files", ())
    )
