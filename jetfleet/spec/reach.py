"""How a host is reached: its network, its SSH server, and sudo."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from pydantic import Field

from jetfleet.spec.access import Sshd, SudoRule
from jetfleet.spec.frozen import FrozenDict, SpecModel
from jetfleet.spec.network import Connections


class Reach(SpecModel):
    """Keys of a host that could cut it off: a change of them is undone unless it is confirmed."""

    network: Connections = Field(
        default_factory=FrozenDict, description="a mapping of network devices to connections"
    )
    sshd: Sshd = Field(
        default_factory=FrozenDict,
        description="a mapping of settings of the board's SSH server, such as "
        "PasswordAuthentication: no",
    )
    sudoers: tuple[SudoRule, ...] = Field(
        default=(), description="a list of rules of sudo, each a line of sudoers"
    )
