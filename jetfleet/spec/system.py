"""The system of a host beside its workload: its desktop, its packages, what upgrades must leave."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.text import Flag, pattern


def _on_or_off(value: object) -> object:
    """Return a switch as a word: YAML 1.1 reads `off` as false."""
    return {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value


OnOff = Annotated[
    Literal["on", "off"],
    BeforeValidator(_on_or_off),
    WithJsonSchema({"enum": ["on", "off", True, False]}),
]
PackagePattern = Annotated[
    str,
    pattern(
        r"[a-z0-9*][a-z0-9+.*-]{0,99}",
        "a Debian package, or a pattern such as cuda-*",
        "write its name, or l4t, kernel or docker for all packages of these",
    ),
]


class Apt(SpecModel):
    """What apt may do on a host."""

    hold: tuple[PackagePattern, ...] = Field(
        default=(),
        max_length=100,
        description="a list of what no upgrade changes: l4t, kernel, docker, or patterns of "
        "package names; unattended-upgrades leaves them too",
    )


class System(SpecModel):
    """Keys of a host that are about its system; what is left out stays as the board has it."""

    desktop: OnOff | None = Field(
        default=None, description="whether the graphical desktop starts at boot and runs"
    )
    headless: Flag = Field(
        default=False,
        description="whether services that a board without a screen does not need are switched "
        "off: bluetooth, cups, packagekit, snapd",
    )
    apt: Apt | None = Field(default=None, description="what apt may do")
