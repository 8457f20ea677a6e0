"""Files and units of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import File, UnitUp
from jetfleet.roles.base.restarts import Reads
from jetfleet.spec.secret import SecretRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.own_file import OwnUnit, Written

UNITS = "/etc/systemd/system"


def own_files(inputs: RoleInput) -> tuple[Resources, list[Reads]]:
    """Return the files of `files`, and which service is restarted with which."""
    wanted: Resources = []
    reads: list[Reads] = []
    for path, own in inputs.host.files.items():
        secret = isinstance(own.content, SecretRef)
        text = _text(inputs, own)
        guard = own.restart if own.guard else None
        file = File(
            path, text, own.mode, own.owner, own.group, secret, read_by=own.restart, guard=guard
        )
        wanted.append(file)
        reads += [Reads(unit, file) for unit in own.restart]
    return wanted, reads


def own_units(inputs: RoleInput) -> tuple[Resources, Mapping[str, tuple[OwnUnit, str]]]:
    """Return what `units` writes, and each unit that is up or starts at boot with its text.

    Other units than services have no environment, in which it could stand what they started with.
    """
    wanted: Resources = []
    started: dict[str, tuple[OwnUnit, str]] = {}
    for name, own in inputs.host.units.items():
        text = _text(inputs, own) if own.written else ""
        if own.written:
            wanted.append(File(f"{UNITS}/{name}", text))
        if not own.enabled and not own.written:
            continue
        if name.endswith(".service") and text:
            started[name] = (own, text)
        else:
            wanted.append(UnitUp(name, "", enabled=own.enabled, running=own.running))
    return wanted, started


def _text(inputs: RoleInput, own: Written) -> str:
    if own.template is not None:
        return inputs.own(own.template)
    return inputs.reveal(own.content) if isinstance(own.content, SecretRef) else own.content or ""
