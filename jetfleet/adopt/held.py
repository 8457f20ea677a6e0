"""The models that a service serves: by the path in its container, or by their id at a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.spec.source import FORMS, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.adopt.models import FoundModel
    from jetfleet.resources.adopted.container import Container
    from jetfleet.runtimes.base import Runtime

_NAMING = ("model", "model-path", "m", "hf-repo", *FORMS)
"""Options of servers that name a model by its path or by its id at a hub.

llama.cpp has one that is called like its hub.
"""


def served_path(body: Mapping[str, Any], made: Mapping[str, Any]) -> str | None:
    """Return the path or the id of the model in a server's command line; None if it has none."""
    options = {**body.get("flags", {}), **made.get("options", {})}
    named = (options[name] for name in _NAMING if isinstance(options.get(name), str))
    return made.get("model") or next(named, None)


def held_by_container(
    container: Container,
    path: str | None,
    models: Sequence[FoundModel],
    links: Mapping[str, str],
) -> list[FoundModel]:
    """Return the models that a container serves: the one at a path, or those of its store.

    A path that is no path of a folder is an id: the model of this id lies in the cache of a hub,
    which the container sees under some mount.

    Parameters
    ----------
    links:
        Real path of mounted folders whose path has a link in it.

    """
    held = []
    for written, inside in container.folders.items():
        source = links.get(written, written)
        for model in models:
            if model.folder != source and not model.folder.startswith(f"{source}/"):
                continue
            at = inside + model.folder[len(source) :]
            if path is None or _serves(path, at, model):
                held.append(model)
    return list({model.name: model for model in held}.values())


def held_by_unit(
    store: str | None, path: str | None, models: Sequence[FoundModel]
) -> list[FoundModel]:
    """Return the models that a unit serves: those of its store, or the one at a path or id."""
    if path is not None:
        return [model for model in models if _serves(path, model.folder, model)]
    return [model for model in models if model.folder == store]


def _serves(path: str, folder: str, model: FoundModel) -> bool:
    """Tell whether a path, or the path of a file, or an id names a model in a folder."""
    plain = path.rstrip("/")
    if plain == folder or (plain.startswith(f"{folder}/") and plain.endswith(".gguf")):
        return True
    # llama.cpp writes the quantisation behind a colon, others a revision behind an @.
    written = plain.partition("@")[0].partition(":")[0]
    return Source.parse(model.source).parts.get("name") == written


def write_models(body: dict[str, Any], runtime: Runtime[Any], held: Sequence[FoundModel]) -> None:
    """Write the models that a service serves into the key that its runtime has for them."""
    names, keys = [model.name for model in held], runtime.service.model_fields.keys()
    if names and "models" in keys:
        body["models"] = names
    elif len(names) == 1 and "model" in keys:
        body["model"] = names[0]
