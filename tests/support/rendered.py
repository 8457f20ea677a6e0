"""The example fleet as values: what its roles want, without any host, network or secret."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jetfleet.fleet.deploy import roles_of
from jetfleet.fleet.desired_state import DesiredState
from jetfleet.fleet.fleet import Fleet
from jetfleet.lock import Lock, LockedFile, LockedImage, LockedModel
from jetfleet.lock.file import load_lock
from jetfleet.render import Rendered, rendered
from jetfleet.resources import File, Resource
from jetfleet.spec.model import ModelSpec
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import Workstation

ROOT = Path(__file__).parents[2]
ROLES = roles_of(ROOT / "deploys/llm.py")
HOSTS = ("thor", "orin", "orin-triton", "nano", "nano-ollama")
"""The hosts of the example spec."""


def fleet(spec: Path, lock: Lock | None = None) -> Fleet:
    """The fleet of a spec with a lock, by default that of the tests."""
    loaded, _ = load_checked(spec)
    locked = lock or load_lock(ROOT / "tests/data/lock.yaml")
    return Fleet(loaded, locked, Workstation(known_hosts=ROOT / "none"), commit="", roles=ROLES)


def wanted(spec: Path, lock: Lock | None = None) -> DesiredState:
    """What all roles want on the hosts of a spec; its secrets are read."""
    return fleet(spec, lock).wanted(ROLES)


def lab() -> DesiredState:
    """What all roles want on the hosts of the example spec."""
    return wanted(ROOT / "inventory/lab.yaml")


DESK = ROOT / "tests/data/system/desk.yaml"
"""The spec of a board without a workload, `desk`, that has every key of a host's system."""


def desk() -> dict[str, Resource[Any]]:
    """What all roles want on the board with every key of a system, by key."""
    return wanted(DESK, invented({})).resources("desk")


@cache
def all_rendered() -> dict[str, Rendered]:
    """The hosts of the example spec and the desk, rendered."""
    return {**lab_rendered(), **{h.name: h for h in rendered(fleet(DESK, invented({})))}}


@cache
def lab_rendered() -> dict[str, Rendered]:
    """The hosts of the example spec, rendered."""
    return {host.name: host for host in rendered(fleet(ROOT / "inventory/lab.yaml"))}


def invented(models: Mapping[str, ModelSpec]) -> Lock:
    """A lock with files as each kind of source has them; an image that it lacks goes by its tag."""
    return Lock(
        models={
            name: LockedModel(
                source=str(model.source),
                include=model.include,
                exclude=model.exclude,
                revision="r1",
                files=tuple(
                    LockedFile(path=path, size=10, sha256=model.sha256 or "5" * 64)
                    for path in _paths(model)
                ),
            )
            for name, model in models.items()
        }
    )


def _paths(model: ModelSpec) -> tuple[str, ...]:
    parts = model.source.parts
    if model.hub == "ollama":
        tag = parts.get("tag", "latest")
        manifest = f"manifests/registry.ollama.ai/library/{parts['name']}/{tag}"
        return ("blobs/sha256-" + "5" * 64, manifest)
    if model.hub == "https":
        return (parts["file"],)
    if any("gguf" in pattern for pattern in model.include):
        return tuple(pattern.replace("*", "model") for pattern in model.include)
    return ("config.json", "model.safetensors")


def of(
    folder: Path, text: str, host: str, images: Mapping[str, LockedImage] | None = None
) -> dict[str, Resource[Any]]:
    """What all roles want on a host of a spec that is written in a test, by key.

    `images` are locked by their full references; others go by their tags.
    """
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    loaded, _ = load_checked(path)
    lock = invented(loaded.models).model_copy(update={"images": dict(images or {})})
    return wanted(path, lock).resources(host)


def content(resources: Mapping[str, Resource[Any]], path: str) -> str:
    """The text of a file that is wanted."""
    file = resources[f"file:{path}"]
    assert isinstance(file, File)
    return file.content


def docker(resources: Mapping[str, Resource[Any]], service: str) -> list[str]:
    """The words of a service's `docker run` as its shell reads them."""
    script = content(resources, f"/etc/jetfleet/{service}/run")
    return shlex.split(script[script.index("\nexec ") + len("\nexec ") :].replace("\\\n", " "))
