"""Write the file beside a spec that sends all its runs to the twins."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from jetfleet.spec.load import load
from jetfleet.workstation.overlay import Login, Overlay, overlay_path
from twins import rundir, standins

if TYPE_CHECKING:
    from twins.prepare import Ground
    from twins.state import FleetPlan


def write_overlay(spec: Path, plan: FleetPlan, ground: Ground) -> None:
    """Write the overlay of a spec, 0600 and atomically, owned by the person who called sudo."""
    text = io.StringIO()
    content = _content(plan, ground).model_dump(mode="json")
    YAML(typ="safe").dump(content, text)
    target = overlay_path(spec)
    rundir.record_overlay(plan.number, text.getvalue().encode())
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text.getvalue())
    rundir.give_to_caller(scratch)
    scratch.replace(target)


def _content(plan: FleetPlan, ground: Ground) -> Overlay:
    network = plan.network
    registry, hubs = f"https://{network.registry}", f"https://{network.hubs}"
    return Overlay(
        fleet=plan.number,
        known_hosts=ground.known_hosts,
        key=ground.login_key,
        hosts={twin.name: Login(address=twin.address) for twin in plan.twins},
        registries=dict.fromkeys(standins.REGISTRIES, registry),
        endpoints=standins.endpoints(hubs),
        ca=standins.ca_file(ground.cache),
        secrets={**standins.secrets_of(ground.state), **_passwords(plan)},
    )


def _passwords(plan: FleetPlan) -> dict[str, str]:
    """Return the passwords of users that log in by one, by the variable that the spec names."""
    by_password = {twin.name: twin.password for twin in plan.twins if twin.password}
    if not by_password or plan.spec is None:
        return {}
    return {
        host.ssh.password.value: by_password[host.name]
        for host in load(Path(plan.spec)).hosts
        if host.name in by_password and host.ssh.password and host.ssh.password.kind == "env"
    }
