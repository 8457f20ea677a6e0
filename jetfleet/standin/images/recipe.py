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
    """The layer that all images share."""

    suite: str
    packages: tuple[str, ...]
    keep: tuple[str, ...]
    drop: tuple[str, ...]
    applets: tuple[str, ...]
    files: tuple[TextFile, ...]


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

    base: Base
    images: tuple[Recipe, ...]
    text: str


@cache
def recipes() -> Recipes:
    """Read the recipes that come with the package."""
    text = resources.files("jetfleet.standin").joinpath("data/images.yaml").read_text("utf-8")
    written = YAML(typ="safe", pure=True).load(text)
    base = written["base"]
    lists = {key: tuple(base[key]) for key in ("packages", "keep", "drop", "applets")}
    return Recipes(
        Base(suite=base["suite"], files=_files(base), **lists),
        tuple(_recipe(image) for image in written["images"]),
        text,
    )


def _recipe(image: dict[str, Any]) -> Recipe:
    lists = {key: tuple(image.get(key, ())) for key in ("executables", "entrypoint", "command")}
    return Recipe(
        reference=image["reference"],
        program=image["program"],
        settings=image.get("settings", {}),
        data=image.get("data", {}),
        env=image.get("env", {}),
        workdir=image.get("workdir", "/"),
        files=_files(image),
        **lists,
    )


def _files(written: dict[str, Any]) -> tuple[TextFile, ...]:
    return tuple(
        TextFile(entry["path"], entry["text"], int(entry.get("mode", 0o644)))
        for entry in written.get("files", ())
    )
