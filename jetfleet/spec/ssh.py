"""How a host is reached and logged in to."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.secret import Secret
from jetfleet.spec.text import Flag, LocalPath, User, pattern

_HOP = (
    r"([a-z_][a-z0-9_-]{0,31}@)?"
    r"([A-Za-z0-9]([A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])"
    r"(:[0-9]{1,5})?"
)
ProxyJump = Annotated[
    str,
    pattern(
        rf"{_HOP}(,{_HOP}){{0,3}}",
        "a jump host such as ann@bastion.lab.example:2222",
        "write it as `ssh -J` takes it; an IPv6 address in brackets",
    ),
]


class Ssh(SpecModel):
    """How pyinfra logs in to a host."""

    user: User = Field(default="nvidia", description="the user that logs in")
    key: LocalPath | None = Field(
        default=None,
        description="the private key's file on the workstation; the public one if the SSH agent "
        "alone has the private one",
    )
    password: Secret | None = Field(
        default=None,
        description="where the user's password is, such as {env: BOARD_PASSWORD}; it logs in "
        "while the board accepts no key, and is the answer to sudo",
    )
    first_key: LocalPath | None = Field(
        default=None,
        description="a private key that the board has as delivered; it logs in while the board "
        "does not accept `key`",
    )
    sudo: Flag = Field(default=True, description="whether changes are made with sudo")
    sudo_password: Secret | None = Field(
        default=None,
        description="where the password is that sudo asks this user for, such as "
        "{env: SUDO_PASSWORD}, if it is not `password`; it is read only if sudo asks",
    )
    proxy_jump: ProxyJump | None = Field(
        default=None,
        description="a host through which the board is reached, such as ann@bastion.lab.example, "
        "or several of them with commas",
    )
    config: LocalPath | None = Field(
        default=None, description="a file of ssh_config(5) that is read instead of ~/.ssh/config"
    )
