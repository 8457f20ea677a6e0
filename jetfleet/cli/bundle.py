"""`jetfleet bundle`: all that hosts without a network need, in one folder."""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jetfleet.bundle.make import Needs, make, stale
from jetfleet.catalog.modules import l4t_of
from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import deploys_beside, find_deploy, roles_of
from jetfleet.fleet.desired import required_by
from jetfleet.fleet.fleet import Fleet
from jetfleet.lock import Lock
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.redaction import HIDDEN
from jetfleet.resources import Package, PackageVersion, Venv
from jetfleet.spec.image_ref import ImageRef
from jetfleet.text import format_bytes, format_count
from jetfleet.workstation.workstation import lock_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.fleet.desired import Desired
    from jetfleet.lock.requirements import Requirements
    from jetfleet.resources import Resource
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec
    from jetfleet.spec.registry import Registry


def bundle(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the bundle, on a disk with room.")
    ],
    boards: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="HOST",
            help="Online host whose apt downloads the packages for its L4T; repeatable.",
        ),
    ] = None,
    packages: Annotated[
        bool, typer.Option("--packages/--no-packages", help="Whether Debian packages are in it.")
    ] = True,
    deploy: Annotated[
        list[Path] | None,
        typer.Option("--deploy", help="Whose roles, repeatable: all of deploys/ if left out."),
    ] = None,
) -> None:
    """Put all that hosts without a network need into one folder.

    It is for the hosts with `offline`: what the lock has for them, each file by its hash. What the
    folder has is not downloaded again. Commit the lock: it gets the hash of the bundle's index.
    """
    named = [find_deploy(spec, one) for one in deploy or ()]
    fleets = [Fleet.load(spec, roles_of(one)) for one in named or deploys_beside(find_deploy(spec))]
    first, path = fleets[0], lock_path(spec)
    lock, kept = load_lock(path), _kept(fleets)
    found = [one for fleet in fleets for one in _resources(fleet)]
    needs = Needs(
        lock=kept,
        models=first.spec.models,
        registries={name: _registry(first.spec, name) for name in kept.images},
        requirements=sorted({one.requirements for _, one in found if isinstance(one, Venv)}),
        packages=_packages(found) if packages else {},
        boards=_boards(first.spec, boards or ()),
    )
    index = make(needs, output, first.workstation, lambda line: echo(line, err=True))
    size = format_bytes(sum(one.size for one in index.files))
    echo(f"wrote {output}: {format_count(len(index.files), 'file')}, {size}")
    left = stale(output, index)
    if left:
        echo(f"{output} has {format_count(len(left), 'file')} besides, such as {left[0]}")
    if lock.bundle != index.sha256:
        save_lock(lock.model_copy(update={"bundle": index.sha256}), path, spec)
        echo(f"wrote {path}: commit it")


def _kept(fleets: Sequence[Fleet]) -> Lock:
    """Return the part of the lock that the roles need."""
    required = reduce(or_, map(_required, fleets))
    lock = fleets[0].lock
    return Lock(
        images={name: lock.images[name] for name in required.images},
        models={name: lock.models[name] for name in required.models},
    )


def _required(fleet: Fleet) -> Requirements:
    found = ((host.name, _desired(fleet, host).lock) for host in _offline(fleet))
    return required_by(found)


def _offline(fleet: Fleet) -> list[HostSpec]:
    """Return the hosts that are served from the bundle; raise `FleetError` without any."""
    found = [host for host in fleet.spec.hosts if host.offline]
    if not found:
        raise FleetError(
            f"no host of {fleet.spec.path} has `offline`: write `offline: {{bundle: FOLDER}}` for "
            "those that the bundle is for, in their groups, or in `defaults`"
        )
    return found


def _desired(fleet: Fleet, host: HostSpec) -> Desired:
    """Return what the roles want on a host; no secret is read."""
    return fleet.desired(host.name, fleet.roles, lambda _: HIDDEN)


def _resources(fleet: Fleet) -> Iterator[tuple[HostSpec, Resource[Any]]]:
    """Yield what the roles want on each of these hosts."""
    for host in _offline(fleet):
        yield from ((host, one) for one in _desired(fleet, host).resources)


def _packages(found: Sequence[tuple[HostSpec, Resource[Any]]]) -> dict[str, list[str]]:
    """Return the Debian packages by L4T release."""
    wanted: dict[str, set[str]] = {}
    for host, one in found:
        if isinstance(one, Package):
            wanted.setdefault(l4t_of(host), set()).add(one.name)
        elif isinstance(one, PackageVersion):
            wanted.setdefault(l4t_of(host), set()).add(f"{one.name}={one.version}")
    return {release: sorted(names) for release, names in wanted.items()}


def _registry(spec: Spec, reference: str) -> Registry | None:
    name = ImageRef.parse(reference).registry
    found = (host.registries[name] for host in spec.hosts if name in host.registries)
    return next(found, None)


def _boards(spec: Spec, names: Sequence[str]) -> dict[str, HostSpec]:
    """Return the hosts of these names by their L4T release."""
    known = {host.name: host for host in spec.hosts}
    for name in names:
        if name not in known:
            raise FleetError(
                f"--from {name}: the spec has no such host: name one of {', '.join(known)}"
            )
    return {l4t_of(known[name]): known[name] for name in names}
