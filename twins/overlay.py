"""The file beside a spec that tells pyinfra to go to the twins instead of the boards."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from twins import standins

if TYPE_CHECKING:
    from pathlib import Path

    from twins.prepare import Ground
    from twins.state import FleetPlan


def overlay_path(spec: Path) -> Path:
    """Return where the overlay of a spec lies: `lab.yaml` -> `lab.twins.yaml`, beside it."""
    return spec.with_name(f"{spec.stem}.twins.yaml")


def write_overlay(spec: Path, plan: FleetPlan, ground: Ground) -> None:
    """Write the overlay, 0600, whole or not at all, owned by whoever called sudo."""
    text = io.StringIO()
    YAML(typ="safe").dump(_content(plan, ground), text)
    target = overlay_path(spec)
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text.getvalue())
    give_to_caller(scratch)
    scratch.replace(target)


def give_to_caller(path: Path) -> None:
    """Make the person who called sudo the owner of a file that pyinfra is to read as them."""
    if "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def _content(plan: FleetPlan, ground: Ground) -> dict[str, Any]:
    network = plan.network
    registry, hubs = f"https://{network.registry}", f"https://{network.hubs}"
    return {
        "known_hosts": str(ground.known_hosts),
        "key": str(ground.login_key),
        "hosts": {twin.name: {"address": twin.address, "port": 22} for twin in plan.twins},
        "registries": dict.fromkeys(("nvcr.io", "ghcr.io", "docker.io"), registry),
        "endpoints": standins.endpoints(hubs),
        "ca": str(standins.ca_file(ground.cache)),
        "secrets": standins.secrets_of(ground.state),
    }
