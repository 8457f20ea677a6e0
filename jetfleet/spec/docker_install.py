"""The packages of Docker that a host gets from its apt sources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.system import number_as_text
from jetfleet.spec.text import pattern

_VERSION = r"[0-9][A-Za-z0-9.+:~-]{0,99}\*?"
PackageVersionWanted = Annotated[
    str,
    BeforeValidator(number_as_text),
    pattern(_VERSION, "a version such as 27.5.1*", "write it as `apt-cache madison` shows it"),
]
ToolkitWanted = Annotated[
    str,
    BeforeValidator(number_as_text),
    pattern(f"never|{_VERSION}", "never or a version such as 1.18*", "write one of the two"),
]


class DockerInstall(SpecModel):
    """What apt installs on a board that lacks it, from the sources that the board has."""

    engine: Literal["docker.io", "docker-ce", "never"] | None = Field(
        default=None,
        description="the package of the engine: docker.io, docker-ce, or never; by default the "
        "first of the two that the board's apt has, where there is no engine",
    )
    version: PackageVersionWanted | None = Field(
        default=None,
        description="the version of the engine, such as 27.5.1*; an engine of another version is "
        "replaced, with a pin",
    )
    toolkit: ToolkitWanted | None = Field(
        default=None,
        description="the version of nvidia-container-toolkit, such as 1.18*, or never; by default "
        "what apt chooses, where the board has no toolkit",
    )
