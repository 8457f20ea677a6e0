"""Checks of an Ollama: where its program comes from, and how many models it holds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.memory.need import system
from jetfleet.runtimes.ollama.memory import ollama_needs
from jetfleet.spec.docker_options import DockerOptions
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.ollama.spec import OllamaService
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem

_ARCHIVES = (".tgz", ".tar.gz", ".tar.zst")


def check_native(of: HostInSpec, service: OllamaService) -> Iterator[Problem]:
    """Yield a problem for an Ollama whose program cannot come from where the spec says."""
    path: KeyPath = ("services", service.name)
    if service.in_container:
        if service.archives:
            remedy = "write install: native, or remove them"
            found, expected = "archives for a container", "none: its image has the program"
            yield of.problem((*path, "archives"), found, expected, remedy)
        return
    if service.image is not None:
        found, expected = "an image for install: native", "none"
        yield of.problem((*path, "image"), found, expected, "remove one of the two")
    for key in sorted({*DockerOptions.model_fields, "mounts"} & service.model_fields_set):
        remedy = "remove it, or write install: container"
        yield of.problem((*path, key), f"{key} for install: native", "none: no container", remedy)
    if not service.archives:
        expected = "the names of https models with Ollama's bundles for arm64"
        remedy = "add archives: [NAME, …], each pinned by its sha256 under `models`"
        yield of.problem((*path, "archives"), "no archives", expected, remedy)
    for at, name in enumerate(service.archives):
        model = of.spec.models.get(name)
        if model is not None and not str(model.source).endswith(_ARCHIVES):
            found, expected = str(model.source), "an archive: .tgz or .tar.zst"
            remedy = "name the archive that is unpacked"
            yield of.problem((*path, "archives", at), found, expected, remedy)


def check_loaded_models(
    subject: Subject, service: OllamaService, engine: str | None
) -> Iterator[Problem]:
    """Yield a warning if the models that it may hold at once do not fit together."""
    at_once = service.settings.max_loaded_models
    if at_once is None or at_once <= 1:
        return
    needs = sorted(need.total for need in ollama_needs(subject, service, engine))
    largest = sum(needs[-at_once:])
    if largest + system("least") > subject.memory:
        path = ("services", service.name, "settings", "max_loaded_models")
        found = f"{at_once} models at once, of which the largest take {format_bytes(largest)}"
        expected = f"what fits in {format_bytes(subject.memory)}"
        yield subject.problem(
            path, found, expected, "write max_loaded_models: 1", warning=True,
            rule="ollama-loaded-models",
        )  # fmt: skip
