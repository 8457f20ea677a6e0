"""Files that jetfleet keeps on a board, found in another state than it left them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.matrix.fault import Fault, only
from tests.faults.matrix.phase import CONNECT, PARCEL

_ONCE = only((CONNECT,), "the file is read by the survey: what comes later, the next run finds")

# A foreign file that a link leads to: nothing may be written through the link.
_THEIRS = "/srv/theirs/photo"

FILES = {
    "applied": "/var/lib/jetfleet/applied.json",
    "marker": f"/mnt/nvme/models/{PARCEL}/*/.jetfleet",
    "last-ready": "/var/lib/jetfleet/services/cosmos/ready.tar",
    "started": "/run/jetfleet/cosmos.started",
    "docker-started": "/run/jetfleet/docker-started-with.json",
    "secrets": "/etc/jetfleet/cosmos/env",
    "checks": "/etc/jetfleet/cosmos/ready.json",
    "command": "/etc/jetfleet/cosmos/run",
    "unit": "/etc/systemd/system/jetfleet-cosmos.service",
    "program": "/usr/local/lib/jetfleet/ready",
    "staged": "/etc/jetfleet/cosmos/.jetfleet-new",
}
_JSON = {"applied", "marker", "docker-started", "checks"}

_WAYS = {
    "empty": ("is empty", ': > "$p"'),
    "rubbish": ("holds random bytes", 'head -c 300 /dev/urandom > "$p"'),
    "folder": ("is a folder that holds something", 'mkdir -- "$p"; echo x > "$p/x"'),
    "link": ("is a link to a foreign file", f'ln -s -- {_THEIRS} "$p"'),
    "newer": (
        "has a schema of later releases",
        'echo \'{"schema": 99, "states": 1, "resources": []}\' > "$p"',
    ),
}


def _faults() -> Iterator[Fault]:
    for name, path in FILES.items():
        for way, (what, script) in _WAYS.items():
            if way == "newer" and name not in _JSON:
                continue
            yield Fault(
                f"{name}-{way}",
                f"`{path}` {what}",
                f'p=$(echo {path}); rm -rf -- "$p"; {script}',
                # A run may ask the user to move a folder away.
                f'p=$(echo {path}); [ ! -d "$p" ] || [ -L "$p" ] || rm -rf -- "$p"'
                if way == "folder"
                else "",
                says=path.rsplit("/", 1)[1],
                remedy=r"remove|move|run again",
                left_out=_ONCE,
            )


FAULTS = tuple(_faults())
