"""A twin that can open no connection: only the workstation reaches it, over SSH."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.lab import Lab
from twins import inside

_CUT = """set -eu
iptables -N CUT-OFF
iptables -A CUT-OFF -o lo -j RETURN
iptables -A CUT-OFF -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
iptables -A CUT-OFF -j DROP
iptables -I OUTPUT 1 -j CUT-OFF
iptables -I FORWARD 1 -j CUT-OFF
mv /opt/apt /opt/apt-gone
"""


def cut_off(lab: Lab, host: str) -> None:
    """Drop all that a twin begins itself, and take its apt repository away."""
    lab.sh(host, _CUT)


def tried(lab: Lab, host: str) -> int:
    """Return how many packets a twin has tried to send on a connection of its own."""
    shown = lab.sh(host, "iptables -L CUT-OFF -v -x -n")
    return next(int(line.split()[0]) for line in shown.splitlines() if " DROP " in line)


def put_folder(lab: Lab, host: str, folder: Path, path: str) -> Path:
    """Copy a folder to a path on a twin, as a disk would bring it; return it as seen from here."""
    pid = inside.leader(lab.fleet._group(host))
    assert pid is not None
    place = Path(f"/proc/{pid}/root{path}")
    shutil.copytree(folder, place)
    return place
