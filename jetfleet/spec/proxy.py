"""The HTTP proxy of a host in a spec."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.secret import Secret
from jetfleet.spec.text import FreeText, pattern

ProxyUrl = Annotated[
    str,
    pattern(
        r"https?://([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])"
        r":[0-9]{1,5}/?",
        "the URL of a proxy, such as http://proxy.lab:3128",
        "write scheme, host and port; its login is `user` and `password` of the proxy",
    ),
]
Direct = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9.*:\[][A-Za-z0-9.*:/\[\]_-]{0,252}",
        "a host, a domain or a network, such as .lab or 10.0.0.0/8",
        "write one per item, without scheme",
    ),
]


class Proxy(SpecModel):
    """The HTTP proxy through which a host reaches the internet."""

    http: ProxyUrl | None = Field(
        default=None, description="the proxy of http:// addresses, such as http://proxy.lab:3128"
    )
    https: ProxyUrl | None = Field(
        default=None, description="the proxy of https:// addresses; most often the same"
    )
    none: tuple[Direct, ...] = Field(
        default=(),
        description="a list of hosts, domains and networks that are reached without it",
    )
    user: FreeText | None = Field(default=None, description="the user of its login")
    password: Secret | None = Field(
        default=None, description="a reference to the password of its login"
    )
