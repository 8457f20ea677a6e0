"""What a host is called and where it is: its names, its time and its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import (
    File,
    Hostname,
    HostNames,
    Locale,
    Resources,
    TimeOfDay,
    Timezone,
)
from jetfleet.resources.host_names import OWN_ADDRESS

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec

LOCALE = "/etc/default/locale"


def clock(host: HostSpec) -> Resources:
    """Return the clock of a host, if it is to be set: until then TLS refuses certificates."""
    return [TimeOfDay()] if host.clock is not None and host.clock.set else []


def place(host: HostSpec) -> Resources:
    """Return names, time zone and locale of a host."""
    wanted: Resources = []
    names = dict(host.extra_hosts)
    if host.hostname is not None:
        wanted.append(Hostname(host.hostname))
        # Without it sudo asks the network for the board's own name, and says that it fails.
        names = {host.hostname: OWN_ADDRESS, **names}
    if names:
        wanted.append(HostNames(tuple(names.items())))
    if host.timezone is not None:
        wanted.append(Timezone(host.timezone))
    if host.locale is not None:
        wanted += [Locale(host.locale), File(LOCALE, f"LANG={host.locale}\n")]
    return wanted
