"""Check what the spec of a fleet needs on a workstation: lock, pinned keys, secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from jetfleet.doctor.finding import Finding
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy, roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.hostkeys.known_hosts import HostName
from jetfleet.lock.file import load_lock
from jetfleet.role.settings import check_of, settings_on
from jetfleet.spec.secret import SecretRef
from jetfleet.text import format_count
from jetfleet.validate import load_checked
from jetfleet.workstation.login_key import login_key
from jetfleet.workstation.workstation import committed_lock_path, workstation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.role.role import Role
    from jetfleet.spec.load import Spec


def of_fleet(path: Path, deploy: Path | None = None) -> Iterator[Finding]:
    """Yield a finding for each thing that runs of the spec in the file `path` need."""
    try:
        judged = find_deploy(path, deploy)
        roles = roles_of(judged)
        spec, _ = load_checked(path, None, check_of(roles, roles_beside(judged)))
        lock = load_lock(committed_lock_path(path))
        gaps = Fleet(spec, lock, workstation_of(path), "", roles).not_locked()
    except FleetError as error:
        first, *rest = str(error).splitlines()
        more = f" (and {len(rest)} more)" if rest else ""
        yield Finding("spec", f"{first}{more}", f"run `jetfleet validate {path}` for all")
        return
    yield Finding("spec", f"{path}: {format_count(len(spec.hosts), 'host')}")
    remedy = f"`jetfleet lock {path}`, and commit the lock" if gaps else ""
    yield Finding("lock", f"{len(gaps)} not locked: {gaps[0]}" if gaps else "complete", remedy)
    inventory = path.with_suffix(".py")
    lines = "from jetfleet.inventory import hosts; lab = hosts(__file__)"
    remedy = "" if inventory.exists() else f"write it: `{lines}`"
    yield Finding("inventory", f"{inventory}{' is missing' if remedy else ''}", remedy)
    yield _pinned(spec, path)
    yield from _login_keys(spec)
    for reference, wanted_by in secrets_of(spec, roles).items():
        yield _secret(reference, wanted_by)


def names_every_key(paths: Sequence[Path]) -> bool:
    """Tell whether each host of these specs has a key of its own to log in with, as `ssh.key`."""
    try:
        hosts = [host for path in paths for host in load_checked(path)[0].hosts]
    except FleetError:
        return False
    return bool(hosts) and all(host.ssh.key for host in hosts)


def _pinned(spec: Spec, path: Path) -> Finding:
    side = workstation_of(path)
    file = side.known_hosts
    try:
        known = side.pinned()
    except FleetError as error:
        found, _, remedy = str(error).rpartition(": ")
        return Finding("host keys", found, remedy)
    names = {host.name: HostName(host.address, host.port) for host in spec.hosts}
    lacking = [
        host for host, name in names.items() if not known.keys(name) and not known.authorities(name)
    ]
    if not lacking:
        return Finding("host keys", f"all pinned in {file}")
    remedy = f"`jetfleet trust {path} {lacking[0]}`, after checking the key"
    count = f"{len(lacking)} of {format_count(len(spec.hosts), 'host')}"
    found = f"{count} not pinned: {', '.join(lacking[:5])}"
    return Finding("host keys", found + (" …" if len(lacking) > len(lacking[:5]) else ""), remedy)


def _login_keys(spec: Spec) -> Iterator[Finding]:
    for key in dict.fromkeys(host.ssh.key for host in spec.hosts if host.ssh.key):
        used = login_key(str(key))
        wrong, _, remedy = used.wrong.rpartition(": ")
        usable = "usable, by the SSH agent" if used.in_agent else "usable"
        yield Finding(f"ssh.key {key}", wrong or usable, remedy)


def secrets_of(spec: Spec, roles: Sequence[Role] = ()) -> dict[SecretRef, list[str]]:
    """Return every secret that a spec refers to, with the models and hosts that use it.

    Settings of these roles are read, too.
    """
    found: dict[SecretRef, list[str]] = {}
    owners: list[tuple[str, object]] = [*spec.models.items()]
    owners += [(host.name, host) for host in spec.hosts]
    owners += [(host.name, settings_on(spec, host, role)) for host in spec.hosts for role in roles]
    for name, owner in owners:
        for reference in dict.fromkeys(_references(owner)):
            found.setdefault(reference, []).append(name)
    return found


def _references(value: object) -> Iterator[SecretRef]:
    if isinstance(value, SecretRef):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)


def _secret(reference: SecretRef, wanted_by: list[str]) -> Finding:
    """Check that a secret is available, without reading its value or running its command."""
    users = ", ".join(wanted_by[:3]) + (" …" if len(wanted_by) > len(wanted_by[:3]) else "")
    what, value = f"secret {reference.value} of {users}", reference.value
    if reference.kind == "env":
        there = bool(os.environ.get(value))
        return Finding(what, "set" if there else "not set", "" if there else f"export {value}=…")
    if reference.kind == "file":
        there = Path(value).expanduser().is_file()
        return Finding(
            what, "there" if there else "no such file", "" if there else f"write {value}"
        )
    return Finding(what, "a command that runs when the secret is needed")
