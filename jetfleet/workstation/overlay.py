"""The file beside a spec that sends all its runs to virtual Jetsons: where it lies, what it holds.

`jetfleet twin up` writes ``<spec>.twins.yaml``; `jetfleet twin down` removes it. docs/twins.md
describes its keys.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Login(BaseModel):
    """The address of one host instead of the spec's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: str
    port: int = 22


class Overlay(BaseModel):
    """The keys of the file.

    Parameters
    ----------
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

    model_config = ConfigDict(frozen=True, extra="forbid")
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
