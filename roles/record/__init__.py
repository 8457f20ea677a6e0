"""Remove what has left the spec, and write the record of what was applied: a deploy's last role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.drift.fingerprint import desired_hash, state_hash
from jetfleet.resources import (
    Access,
    Applied,
    File,
    Filesystem,
    Image,
    Model,
    Network,
    Removal,
    Resources,
)
from jetfleet.resources.applied.images import is_tag
from jetfleet.resources.applied.kinds import REMOVABLE
from jetfleet.spec.docker_options import size_in_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jetfleet.resources import Resource
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the record of the resources of all roles before this one, and what it serves for."""
    if inputs.host.adopted is not None:
        return []  # jetfleet writes nothing on a board that was set up by hand
    removal, deploy = inputs.host.removal, inputs.deploy
    images = {
        f"image:{r.reference}": r.id for r in inputs.so_far if isinstance(r, Image) and r.digest
    }
    keep = frozenset((*(r.key for r in inputs.so_far), *images))
    docker = inputs.host.docker
    most = size_in_bytes(docker.images_max_use) if docker and docker.images_max_use else None
    models = (r for r in inputs.so_far if isinstance(r, Model))
    return [
        Removal(keep, deploy, removal),
        Removal(
            keep,
            deploy,
            removal,
            last=True,
            most_images=most,
            paths=frozenset(_paths(inputs.host.model_dump(mode="json", warnings=False))),
        ),
        Applied(
            resources=tuple(sorted((r.key, desired_hash(r)) for r in inputs.so_far)),
            models=tuple(sorted(f"{model.name}/{model.revision}" for model in models)),
            commit=inputs.commit,
            states=tuple(sorted((r.key, one) for r in inputs.so_far if (one := state_hash(r)))),
            put=tuple(sorted(_put(inputs.so_far))),
            readers=tuple(
                sorted(
                    (r.key, r.read_by) for r in inputs.so_far if isinstance(r, File) and r.read_by
                )
            ),
            guarded=tuple(
                sorted(r.key for r in inputs.so_far if isinstance(r, File) and r.guard is not None)
            ),
            data=tuple(sorted(_data(inputs.so_far, images))),
            deploy=deploy,
            removes=removal == "apply",
        ),
    ]


def _data(
    resources: Iterable[Resource[Any]], images: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the key of each image, with its tag, and of each mount; see `Applied`."""
    yield from ((key, tag if is_tag(tag) else "") for key, tag in images.items())
    yield from ((one.key, "") for one in resources if isinstance(one, Filesystem))


def _paths(spec: object) -> Iterator[str]:
    """Yield each absolute path in a part of a spec; those in containers only keep more mounted."""
    if isinstance(spec, str) and spec.startswith("/"):
        yield spec
    elif isinstance(spec, dict):
        for key, value in spec.items():
            yield from _paths(key)
            yield from _paths(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from _paths(value)


def _put(resources: Iterable[Resource[Any]]) -> Iterator[tuple[str, str]]:
    """Yield the key of each resource that is removed once it has left the spec; see `Applied`."""
    for one in resources:
        if one.kind in REMOVABLE:
            file = one.file if isinstance(one, Access | Network) else one
            known = isinstance(file, File) and not file.unreadable
            yield one.key, file.sha256 if isinstance(file, File) and known else ""
