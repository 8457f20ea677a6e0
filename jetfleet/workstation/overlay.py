"""The file beside a spec that sends all its runs to virtual Jetsons: where it lies, what it holds.

`jetfleet twin up` writes ``<spec>.twins.yaml``; `jetfleet twin down` removes it. docs/twins.md
describes its keys, and when it counts (`supervisor.py`).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from jetfleet.environment import beside
from jetfleet.errors import FleetError
from jetfleet.workstation.supervisor import check_confirmed

_FLEET = re.compile(rb"^fleet: (\d{1,3})$", re.MULTILINE)


class Login(BaseModel):
    """The address of one host instead of the spec's."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    address: str
    port: int = 22


class Overlay(BaseModel):
    """The keys of the file.

    Parameters
    ----------
    fleet:
        Number of the twins' supervisor on this workstation; None: there is no supervisor.
    known_hosts:
        File with the pinned host keys.
    key:
        Private key that overrides the spec's.
    hosts:
        Addresses that override the spec's, by host.
    registries, endpoints:
        Base URLs by registry name (``nvcr.io``), and by hub (``hf``) or by host name.
    ca:
        File with certificates to trust instead of the system's.
    secrets:
        Values that take precedence over environment variables of the same names.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    fleet: int | None = Field(default=None, ge=0)
    known_hosts: Path
    key: Path | None = None
    hosts: dict[str, Login] = Field(default_factory=dict)
    registries: dict[str, str] = Field(default_factory=dict)
    endpoints: dict[str, str] = Field(default_factory=dict)
    ca: Path | None = None
    secrets: dict[str, str] = Field(default_factory=dict, repr=False)


def overlay_path(spec: Path) -> Path:
    """Return the path of the file for a spec: `lab.yaml` -> `lab.twins.yaml`."""
    return spec.with_suffix(".twins.yaml")


def twins_lock_path(spec: Path) -> Path:
    """Return the path of the lock of a spec's virtual Jetsons: they have images of their own."""
    return spec.with_suffix(".twins.lock.yaml")


def read_overlay(spec: Path) -> Overlay | None:
    """Return the overlay of a spec; None if there is no such file.

    Raises
    ------
    FleetError
        The file does not count: git tracks it, or the supervisor of its twins does not confirm it.

    """
    spec = beside(spec)
    path = overlay_path(spec)
    if not path.exists() and not path.is_symlink():
        return None
    if _is_tracked(path):
        raise FleetError(
            f"{path} is in git, but it sends every run to virtual Jetsons of one workstation: "
            f"remove it with `git rm --cached {path.name}`, and add it to .gitignore"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FleetError(f"{path} cannot be read ({error.strerror}): remove it") from error
    # Nothing of the file is parsed before it is confirmed.
    number = _FLEET.search(content)
    check_confirmed(spec, content, int(number[1]) if number else None)
    return parse_overlay(content, path)


def parse_overlay(content: bytes, path: Path) -> Overlay:
    """Return what the text of an overlay says; raise `FleetError` for one of another version."""
    try:
        return Overlay.model_validate(YAML(typ="safe").load(content))
    except (YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise FleetError(
            f"{path} cannot be read ({type(error).__name__}): it is damaged or of another version; "
            "write it again with `jetfleet twin down` and `jetfleet twin up`"
        ) from error


def _is_tracked(path: Path) -> bool:
    argv = ["git", "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0
