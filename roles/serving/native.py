"""Ollama on the board itself: its bundles unpacked, a user of its own, a unit without a container.

What the bundles hold and which a board needs:
https://github.com/ollama/ollama/blob/main/docs/linux.mdx
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jetfleet.containers import Program, service_resources
from jetfleet.resources import Package
from jetfleet.roles.serving.ollama import ready, variables
from jetfleet.roles.serving.settings import settings_of
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from jetfleet.resources import Model, Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

INSTALL = "/usr/local/lib/jetfleet/native"
"""Makes the user, unpacks the bundles, and lets the user have the store."""

HOME = "/usr/share/ollama"


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself; the bundles are models of the host."""
    archives = [inputs.model(name) for name in service.archives]
    store = inputs.host.ollama_store or ""
    folder = f"/opt/jetfleet/{service.name}/{_digest(archives)}"
    paths = [f"{archive.folder}/{file.path}" for archive in archives for file in archive.files]
    program = Program(
        command=(
            *("/usr/bin/setpriv", "--reuid", "ollama", "--regid", "ollama", "--init-groups"),
            *("--", f"{folder}/bin/ollama", "serve"),
        ),
        env={**variables(inputs, service), "HOME": HOME, "OLLAMA_MODELS": store},
        before=((INSTALL, folder, store, *paths),),
        folders=(store,),
        models=(*archives, *(inputs.model(name) for name in service.models)),
        needs=tuple(f"ollama:{name}" for name in service.models),
    )
    unpackers = [Package("zstd")] if any(path.endswith(".zst") for path in paths) else []
    return [
        *unpackers,
        *service_resources(inputs, settings_of(service), program, ready(inputs, service)),
    ]


def _digest(archives: list[Model]) -> str:
    text = words(archive.digest for archive in archives)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
