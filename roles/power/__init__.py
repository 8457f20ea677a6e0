"""Set the power mode by its name, lock the clocks at each boot or free them, set the fan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.catalog.power import power_conf
from jetfleet.resources import Clocks, Fan, File, FreeClocks, PowerMode, Resources
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput

PROGRAM = "/usr/local/lib/jetfleet/clocks"
UNIT = "/etc/systemd/system/jetfleet-clocks.service"


def desired(inputs: RoleInput) -> Resources:
    """Return power mode, clocks and fan profile of a host with `power`."""
    power = inputs.host.power
    if power is None:
        return []
    wanted: Resources = []
    if power.mode is not None:
        conf = power_conf(inputs.module, inputs.l4t)
        boots = tuple((mode.name, mode.boot) for mode in conf.modes) if conf else ()
        wanted.append(PowerMode(power.mode, boots))
    if power.clocks == "locked":
        wanted += [
            File(PROGRAM, program("clocks.sh"), mode="755"),
            File(UNIT, render("power", UNIT)),
            Clocks(),
        ]
    elif power.clocks == "free":
        wanted.append(FreeClocks())
    if power.fan is not None:
        wanted.append(Fan(power.fan))
    return wanted
