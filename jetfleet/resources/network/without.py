"""The removal of a device's connection: the device takes another one of the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources.network.device import UP_SECONDS, reconnect, uuid_of
from jetfleet.steps import Run, Steps
from jetfleet.steps.shell import words
from jetfleet.steps.switch import Switch, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence


def without(device: str, files: Sequence[str], remove: str, title: str) -> Steps:
    """Remove the connection of a device under the dead man's switch.

    Parameters
    ----------
    files:
        What the script touches.
    remove:
        Script that takes its keyfile away.

    """
    own, name = uuid_of(device), words([device])
    script = f"""set -eu
used=$(LC_ALL=C nmcli -g GENERAL.CON-UUID device show {name} 2>/dev/null || true)
{remove}
if systemctl -q is-active NetworkManager.service; then
  nmcli connection reload
  if [ "$used" = {own} ]; then nmcli -w {UP_SECONDS} device connect {name}; fi
fi
"""
    switch = Switch(
        f"the network of {device}", tuple(files), reconnect(device, own), work=UP_SECONDS + 15
    )
    yield from guarded(switch, Run(script, title), detached=True)
