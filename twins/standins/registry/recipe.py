"""The stand-in images: what each is made of, read from the folders of `servers/`.

A folder there with a file `images.yaml` is a stand-in of a model server: its modules are the
program (`main.py` has `main`), and each entry of the file is an image with it. A new stand-in is
a new folder; nothing else names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from twins.standins.registry import programs

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TextFile:
    """A text file in an image or a layer."""

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
    """One image, under its real name.

    Parameters
    ----------
    reference:
        The image's name as people write it, with its tag.
    program:
        The folder in `servers/` that is its program.
    settings:
        What the program finds beside it as `image.json`: its version, and the GPU that the
        image's kernels were built for (`sm`, the compute capability times ten).
    data:
        Files that the program finds beside it, by name: each a path in the package `jetfleet`.
    executables:
        Paths in the image that start the program.
    along:
        Other folders of `servers/` that the program imports.
    below:
        Layers of `layers.yaml` that the image stands on.

    """

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
    """All shared layers and all images; `text` is the text of the files that they come from."""

    layers: tuple[Base, ...]
    images: tuple[Recipe, ...]
    text: str


@cache
def recipes() -> Recipes:
    """Return the layers of `layers.yaml`, and the images of all folders of `servers/`."""
    layers = resources.files("twins.standins.registry").joinpath("layers.yaml").read_text("utf-8")
    images = dict(programs.texts("images.yaml"))
    return Recipes(
        tuple(_layer(name, layer) for name, layer in _yaml(layers).items()),
        tuple(_recipe(name, image) for name, text in images.items() for image in _yaml(text)),
        "".join((layers, *images.values())),
    )


def _yaml(text: str) -> Any:  # noqa: ANN401 - a list or a mapping
    return YAML(typ="safe", pure=True).load(text)


def _layer(name: str, layer: dict[str, Any]) -> Base:
    lists = {key: tuple(layer.get(key, ())) for key in ("packages", "keep", "drop", "applets")}
    folders = tuple((path, int(mode)) for path, mode in layer.get("folders", {}).items())
    return Base(name, layer["suite"], files=_files(layer), folders=folders, **lists)


def _recipe(program: str, image: dict[str, Any]) -> Recipe:
    lists = {key: tuple(image.get(key, ())) for key in ("executables", "entrypoint", "command")}
    return Recipe(
        reference=image["reference"],
        program=program,
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
