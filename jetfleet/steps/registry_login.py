"""A login at a registry of images, on a board only while one pull runs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.spec.secret import SecretRef
    from jetfleet.steps.link import LinkResolver

_END = "JETFLEET_LOGIN_END"

_KEYS = {"docker.io": "https://index.docker.io/v1/"}
"""How Docker's settings name a registry, where that is not its host."""


@dataclass(frozen=True)
class RegistryLogin:
    """User and password of a registry; the password is a reference."""

    registry: str
    user: str
    password: SecretRef = field(repr=False)

    def script(self, password: str) -> str:
        """Return a script that gives the docker commands after it this login.

        Its file is in the unit's own folder below /run, which only root can read and which systemd
        removes when the unit ends, however it ends (systemd.exec(5), RuntimeDirectory=).
        """
        auth = base64.b64encode(f"{self.user}:{password}".encode()).decode()
        name = _KEYS.get(self.registry, self.registry)
        settings = json.dumps({"auths": {name: {"auth": auth}}})
        return f"""DOCKER_CONFIG=${{RUNTIME_DIRECTORY:?}}
export DOCKER_CONFIG
(umask 077; cat > "$DOCKER_CONFIG/config.json" <<'{_END}'
{settings}
{_END}
)
"""


def login_script(login: RegistryLogin | None, resolver: LinkResolver) -> str:
    """Return the script of a login with its password; empty for a pull without a login."""
    password = resolver.password(login.registry, login.password) if login else ""
    return login.script(password) if login and password else ""
