"""Settings of the workstation beside the spec: host keys, endpoints and secrets.

While virtual Jetsons of a spec are up, the overlay beside it (`overlay.py`) directs all its runs to
them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from jetfleet.environment import beside
from jetfleet.errors import FleetError
from jetfleet.hostkeys.known_hosts import KnownHosts
from jetfleet.workstation.overlay import Overlay, read_overlay, twins_lock_path
from jetfleet.workstation.reveal import Unrevealed, reveal

if TYPE_CHECKING:
    from jetfleet.spec.secret import SecretRef


class Workstation(Overlay):
    """The workstation's side of a run: the keys of an overlay, most of them empty for boards.

    Parameters
    ----------
    folder:
        The spec's folder, where the paths of ``file:`` sources begin.
    twins:
        Whether the run goes to virtual Jetsons.
    hubs:
        Base URLs of the spec that replace those of hubs, by the hub's name.

    """

    folder: Path = Path()
    twins: bool = False
    hubs: Mapping[str, str] = Field(default_factory=dict)

    def endpoint(self, name: str, default: str, variable: str = "") -> str:
        """Return the base URL of a hub: that of the twins, of the spec, or of the environment.

        `variable`: the environment variable that may name a mirror.
        """
        mirror = os.environ.get(variable, "")
        return (self.endpoints.get(name) or self.hubs.get(name) or mirror or default).rstrip("/")

    def pinned(self) -> KnownHosts:
        """Return the file with the pinned host keys; an empty one if there is no file.

        Raises
        ------
        FleetError
            The file cannot be read, or has a line at which SSH clients stop reading.

        """
        file = self.known_hosts
        try:
            known = KnownHosts.read(file.read_text(encoding="utf-8") if file.exists() else "")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise FleetError(
                f"{file}, which holds the pinned host keys, cannot be read ({why}): repair it, "
                "or move it away and pin the keys again with `jetfleet trust`"
            ) from error
        for number in known.broken:
            raise FleetError(
                f"{file}:{number}: found a line that is not a host key: remove it, and pin "
                "the host's key again with `jetfleet trust`"
            )
        return known

    def hub_key(self, reference: SecretRef, variable: str) -> str:
        """Return the key for a hub; that of its stand-in while virtual Jetsons are up.

        A key of the real environment never goes to an endpoint of an overlay. A key that is meant
        for a stand-in can be in ``JETFLEET_TWIN_<NAME>`` for a reference ``{env: NAME}``.

        Parameters
        ----------
        variable:
            The usual environment variable of the hub's key.

        Raises
        ------
        Unrevealed
            The key is missing, or is not usable as a secret.

        """
        if not self.twins:
            return self.reveal(reference)
        own = reference.value if reference.kind == "env" else variable
        key = (
            self.secrets.get(own)
            or os.environ.get(f"JETFLEET_TWIN_{own}")
            or self.secrets.get(variable)
        )
        if not key:
            raise Unrevealed(
                f"the virtual Jetsons have no key for {own}, and a real key is never sent to them: "
                f"set JETFLEET_TWIN_{own} to a key of their stand-in"
            )
        return reveal(reference.model_copy(update={"kind": "env", "value": own}), {own: key})

    def sudo_password(self, reference: SecretRef) -> str:
        """Return a password for sudo on boards; raise `Unrevealed` if it cannot be read.

        It never goes to virtual Jetsons; see `_password`.
        """
        return self._password(reference, "sudo", "SUDO_PASSWORD")

    def login_password(self, reference: SecretRef) -> str:
        """Return a password that logs in on boards; raise `Unrevealed` if it cannot be read.

        It never goes to virtual Jetsons; see `_password`.
        """
        return self._password(reference, "the login", "BOARD_PASSWORD")

    def registry_password(self, reference: SecretRef) -> str:
        """Return a password for a registry of images; raise `Unrevealed` if it cannot be read.

        It never goes to virtual Jetsons, nor to their registry; see `_password`.
        """
        return self._password(reference, "the registry", "REGISTRY_PASSWORD")

    def pull_password(self, registry: str, reference: SecretRef) -> str:
        """Return a password for a pull of a board; raise `Unrevealed` if it cannot be read.

        It is empty for a pull of a virtual Jetson from a stand-in, which asks for no login.
        """
        if self.twins and registry in self.registries:
            return ""
        return self.registry_password(reference)

    def _password(self, reference: SecretRef, asks: str, usual: str) -> str:
        """Return a password; that of virtual Jetsons: ``JETFLEET_TWIN_<NAME>``, or the overlay's.

        `usual` is the name for a reference that is not ``{env: NAME}``.
        """
        if not self.twins:
            return self.reveal(reference)
        own = reference.value if reference.kind == "env" else usual
        value = os.environ.get(f"JETFLEET_TWIN_{own}") or self.secrets.get(own)
        if not value:
            raise Unrevealed(
                f"{asks} of the virtual Jetson asks for a password, and a real one is never sent "
                f"to it: set JETFLEET_TWIN_{own}"
            )
        return reveal(reference.model_copy(update={"kind": "env", "value": own}), {own: value})

    def reveal(self, reference: SecretRef) -> str:
        """Return a secret's value, which no output shows from now on; or raise `Unrevealed`."""
        return reveal(reference, self.secrets)


def committed_lock_path(spec: Path) -> Path:
    """Return the path of the lock that is committed with a spec."""
    return spec.with_suffix(".lock.yaml")


def lock_path(spec: Path) -> Path:
    """Return the path of the lock that a run uses: that of the twins while they are up."""
    if read_overlay(spec) is None:
        return committed_lock_path(spec)
    return twins_lock_path(beside(spec))


def workstation_of(spec: Path, hubs: Mapping[str, str] | None = None) -> Workstation:
    """Return the settings for a spec: those of its twins while they are up, which is printed once.

    `hubs` are the addresses that the spec has for hubs, by name.

    Raises
    ------
    FleetError
        There is an overlay that does not count; see `read_overlay`.

    """
    overlay = read_overlay(spec)
    spec = beside(spec)
    hubs = dict(hubs or {})
    if overlay is None:
        return Workstation(known_hosts=spec.with_name("known_hosts"), folder=spec.parent, hubs=hubs)
    _say_twins(spec)
    return Workstation(**dict(overlay), folder=spec.parent, twins=True, hubs=hubs)


@cache
def _say_twins(spec: Path) -> None:
    sys.stderr.write(f"{spec}: its virtual Jetsons are up, this run goes to them\n")


def commit_of(path: Path) -> str:
    """Return the commit of the repository that a file is in, with ``+`` if it was edited since."""
    git = ["git", "-C", str(path.resolve().parent)]
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return ""
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", path.name],
        capture_output=True,
        text=True,
        check=False,
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
