"""Ollama on the board itself: its bundles unpacked, its own user, a unit without a container.

What the bundles hold and which a board needs:
https://github.com/ollama/ollama/blob/main/docs/linux.mdx
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jetfleet import board
from jetfleet.containers import Program
from jetfleet.resources import File, Package
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources import Model, Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.ollama.spec import OllamaService

INSTALL = "/usr/local/lib/jetfleet/native"
"""Makes the user, unpacks the bundles, and gives the user the store."""

HOME = "/usr/share/ollama"


def program(
    inputs: RoleInput, service: OllamaService, env: Mapping[str, str], needs: tuple[str, ...]
) -> Program:
    """Return the program that the bundles hold, which are models of the host."""
    archives = _archives(inputs, service)
    store = inputs.host.ollama_store or ""
    folder = f"/opt/jetfleet/{service.name}/{_digest(archives)}"
    return Program(
        command=(
            *("/usr/bin/setpriv", "--reuid", "ollama", "--regid", "ollama", "--init-groups"),
            *("--", f"{folder}/bin/ollama", "serve"),
        ),
        env={**env, "HOME": HOME, "OLLAMA_MODELS": store},
        before=((INSTALL, folder, store, *_paths(archives)),),
        folders=(store,),
        models=(*archives, *(inputs.model(name) for name in service.models)),
        needs=needs,
    )


def more(inputs: RoleInput, service: OllamaService) -> Resources:
    """Return the program that unpacks the bundles, and what it needs for them."""
    paths = _paths(_archives(inputs, service))
    packages = [Package("zstd")] if any(path.endswith(".zst") for path in paths) else []
    return [*packages, File(INSTALL, board.program("native.py", runtime="ollama"), mode="755")]


def _archives(inputs: RoleInput, service: OllamaService) -> list[Model]:
    return [inputs.model(name) for name in service.archives]


def _paths(archives: list[Model]) -> list[str]:
    return [f"{archive.folder}/{file.path}" for archive in archives for file in archive.files]


def _digest(archives: list[Model]) -> str:
    text = words(archive.digest for archive in archives)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
