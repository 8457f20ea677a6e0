"""Turn the survey of a board into a spec, a lock, and notes on what is not managed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from jetfleet.adopt import board, containers, daemon, disk
from jetfleet.adopt.folders import read_folders
from jetfleet.adopt.models import FoundModel as Model
from jetfleet.adopt.models import identify, of_store
from jetfleet.lock.model import Lock, LockedFile, LockedImage, LockedModel
from jetfleet.resources.adopted.container import read_containers
from jetfleet.resources.adopted.hiding import hidden_in
from jetfleet.spec.image_ref import ImageRef
from jetfleet.spec.source import Source
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Described:
    """A board as sections of a spec.

    Parameters
    ----------
    host:
        The host's keys, without address and login.
    models:
        The section `models`.
    lock:
        Digests of the images and hashes of the model files on the board.
    seen:
        Notes on what is not managed.
    hidden:
        What was hidden on the board, each with its place and without its value.

    """

    name: str
    host: dict[str, Any]
    models: dict[str, Any]
    lock: Lock
    seen: tuple[str, ...]
    hidden: tuple[str, ...] = ()


def describe(texts: Mapping[str, str]) -> Described:
    """Return the description of a board; raise `FleetError` for an unknown board."""
    hardware = board.describe_board(texts)
    engine = daemon.describe_daemon(texts)
    models, copies, unknown = _models(texts.get("folders", ""))
    served = containers.describe_services(texts, [*models, *copies])
    root = (engine.keys.get("docker") or {}).get("data_root")
    mounted = disk.describe_disk(texts, tuple(p for p in (root, *(m.folder for m in models)) if p))
    folders = {model.name: model.folder for model in models}
    adopted = {key: value for key, value in {**served.keys, "models": folders}.items() if value}
    keys = {**hardware.keys, **mounted.keys, **engine.keys, "adopted": adopted}
    parts = (hardware, mounted, engine, served)
    seen = [*(line for part in parts for line in part.seen), *unknown, *_held(texts)]
    return Described(
        name=_hostname(texts.get("about", "")),
        host=keys,
        models={model.name: _source(model) for model in models},
        lock=Lock(images=_images(texts), models={model.name: _locked(model) for model in models}),
        seen=tuple(dict.fromkeys(seen)),
        hidden=tuple(dict.fromkeys(one for text in texts.values() for one in hidden_in(text))),
    )


def _models(text: str) -> tuple[list[Model], list[Model], list[str]]:
    """Return the models whose source is known, their other copies, and a sentence on the rest."""
    folders, stores = read_folders(text)
    models, seen = [of_store(model) for model in stores], list[str]()
    for folder in folders:
        size = format_bytes(sum(file.size for file in folder.files))
        found = identify(folder)
        if found is None:
            seen.append(f"model files in {folder.path} ({size}): where they came from is not known")
        else:
            models.append(found)
    known: dict[str, Model] = {}
    copies: list[Model] = []
    for model in models:
        if not _WRITABLE.fullmatch(model.folder):
            seen.append(
                f"model {model.source} in {model.folder}: a spec does not allow such a path"
            )
        elif _same(known.get(model.name), model):
            seen.append(f"model {model.source} is in {model.folder} a second time")
            copies.append(model)
        else:
            free = _free_name(model, known)
            known[free] = replace(model, name=free)
    return list(known.values()), copies, seen


def _same(known: Model | None, model: Model) -> bool:
    """Tell whether two models come from one source, in whatever revision."""
    return known is not None and known.source.partition("@")[0] == model.source.partition("@")[0]


def _free_name(model: Model, known: Mapping[str, Model]) -> str:
    """Return a name for the spec that no other model has: publishers have equal names."""
    owner = Source.parse(model.source).parts.get("name", "").rpartition("/")[0].lower()
    names = (model.name, f"{owner}-{model.name}".strip("-"))
    more = (f"{model.name}-{number}" for number in count(2))
    return next(name for name in chain(names, more) if name not in known)


_WRITABLE = re.compile(r"/[A-Za-z0-9._/+@:-]*")


def _source(model: Model) -> dict[str, Any]:
    body: dict[str, Any] = {"source": model.source}
    form = Source.parse(model.source).form
    if form.needs_key:
        body["api_key"] = {"env": form.key_variable}
    return body


def _locked(model: Model) -> LockedModel:
    files = tuple(LockedFile(path=f.path, size=f.size, sha256=f.sha256) for f in model.files)
    return LockedModel(source=model.source, revision=model.revision, files=files)


def _images(texts: Mapping[str, str]) -> dict[str, LockedImage]:
    """Return the digests of pulled images; their compressed size is not known on a board."""
    found = {}
    for container in read_containers(texts.get("containers", "")):
        digests: Sequence[str] = [name.partition("@")[2] for name in container.digests]
        if digests and not container.image.startswith("sha256:"):
            found[ImageRef.parse(container.image).full] = LockedImage(digest=digests[0], size=0)
    return found


def _held(texts: Mapping[str, str]) -> list[str]:
    """Return a sentence on packages that apt holds back."""
    lines = texts.get("about", "").splitlines()
    held = [line.split()[1] for line in lines if line.startswith("hold ")]
    return [f"apt holds back {', '.join(sorted(held))}"] if held else []


def _hostname(text: str) -> str:
    found = re.search(r"^hostname ([A-Za-z0-9][A-Za-z0-9.-]*)", text, re.MULTILINE)
    return found[1].partition(".")[0].lower()[:63] if found else "jetson"
