"""Registries of container images in a spec: logins, mirrors, and which may be asked without TLS."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from jetfleet.spec.frozen import SpecModel, freeze
from jetfleet.spec.invalid import invalid
from jetfleet.spec.secret import Secret
from jetfleet.spec.text import Flag, FreeText, HttpBase, pattern

DOCKER_HUB = "docker.io"
_OF_DOCKER_HUB = {"hub.docker.com", "index.docker.io", "registry-1.docker.io", "docker.com"}


def _as_in_images(name: str) -> str:
    if name in _OF_DOCKER_HUB:
        raise invalid("the registry as images name it", f"write {DOCKER_HUB}")
    if not any(char in name for char in ".:") and name != "localhost":
        remedy = "write its whole host or its port: Docker takes one word for a folder of its hub"
        raise invalid("the host of a registry, such as nvcr.io or registry.lab:5000", remedy)
    return name


RegistryName = Annotated[
    str,
    pattern(
        r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?",
        "the host of a registry, such as nvcr.io or registry.lab:5000",
        "write it as images name it, without scheme and path",
    ),
    AfterValidator(_as_in_images),
]


class Registry(SpecModel):
    """A registry of images."""

    user: FreeText | None = Field(
        default=None, description="the user of its login; for nvcr.io with an NGC key $oauthtoken"
    )
    password: Secret | None = Field(
        default=None, description="a reference to the password or token of its login"
    )
    insecure: Flag = Field(
        default=False,
        description="whether it may be asked over HTTP, or with a certificate that is not trusted",
    )
    mirrors: tuple[HttpBase, ...] = Field(
        default=(),
        description="a list of URLs that the board's engine asks first; for docker.io alone",
    )


Registries = Annotated[dict[RegistryName, Registry], AfterValidator(freeze)]
