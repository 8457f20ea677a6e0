"""`jetfleet lock`: resolve image tags and models once, into the lock beside the spec."""

from __future__ import annotations

from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import deploys_beside, find_deploy, roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.hubs.registry import hub_of
from jetfleet.hubs.resolve import resolve
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.role.settings import check_of
from jetfleet.text import format_bytes, format_count
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import lock_path, workstation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.lock import Lock
    from jetfleet.lock.requirements import Requirements
    from jetfleet.role.role import Role
    from jetfleet.validate.check import Check


def lock(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="With --upgrade: these models and images alone.")
    ] = None,
    upgrade: Annotated[
        bool,
        typer.Option("--upgrade", help="Resolve again, and take what has changed: all, or NAMES."),
    ] = False,
    deploy: Annotated[
        list[Path] | None,
        typer.Option("--deploy", help="Whose roles, repeatable: all of deploys/ if left out."),
    ] = None,
) -> None:
    """Resolve image tags to digests, and models to files with hashes.

    Commit the lock that it writes. It has what the roles of these deploys need, and nothing else.
    """
    named = [find_deploy(spec, one) for one in deploy or ()]
    judged = named or deploys_beside(find_deploy(spec))
    deploys = [roles_of(one) for one in judged]
    loaded, _ = load_checked(spec, None, _settings_of(deploys, judged[0]))
    side = workstation_of(spec, loaded.hubs)
    path = lock_path(spec)
    old = load_lock(path)
    again = _to_upgrade(names or [], {*old.models, *old.images}, upgrade=upgrade)

    def required(known: Lock) -> Requirements:
        # Each deploy by itself: two of them may do the same thing in different ways.
        fleets = (Fleet(loaded, known, side, "", roles) for roles in deploys)
        return reduce(or_, (fleet.required() for fleet in fleets))

    new = resolve(loaded, old, side, lambda model: hub_of(model, side), required, upgrade=again)
    if new == old and path.exists():
        typer.echo(f"{path} is up to date")
        return
    save_lock(new, path, spec)
    for name, image in sorted(new.images.items()):
        if old.images.get(name) != image:
            echo(f"image {name}: {image.digest[:19]}, {format_bytes(image.size)}")
    for name, model in sorted(new.models.items()):
        if old.models.get(name) != model:
            files = f"{format_count(len(model.files), 'file')}, {format_bytes(model.size)}"
            unknown = "" if model.architecture else "; the memory of its context is not known"
            echo(f"model {name}: revision {model.revision}, {files}{unknown}")
    # The lock of virtual Jetsons goes with them.
    typer.echo(f"wrote {path}" + ("" if side.twins else ": commit it"))


def _settings_of(deploys: Sequence[Sequence[Role]], file: Path) -> Check:
    """Return the check of the settings of all roles of some deploys, `file` being one of them."""
    roles = {role.__name__: role for deploy in deploys for role in deploy}
    return check_of(tuple(roles.values()), roles_beside(file))


def _to_upgrade(names: list[str], known: set[str], *, upgrade: bool) -> set[str]:
    """Return the entries to resolve again; raises `FleetError` for names that the lock lacks."""
    unknown = [name for name in names if name not in known]
    if names and not upgrade:
        raise FleetError(
            f"{names[0]}: names need --upgrade (`jetfleet lock SPEC --upgrade {names[0]}`)"
        )
    if unknown:
        listed = ", ".join(sorted(known)) or "nothing"
        raise FleetError(f"the lock has no {unknown[0]}; it has {listed}: name one of these")
    return set(names) if names else known if upgrade else set()
