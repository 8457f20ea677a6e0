"""The process of a fleet's model hubs: its command line and its addresses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from twins.standins.command import Command
from twins.standins.hubs.places import PLACES
from twins.standins.names import STORE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twins.standins.ca import Leaf


def command(
    fleet_dir: Path,
    cache_dir: Path,
    address: str,
    leaf: Leaf,
    sizes: Mapping[str, int] | None = None,
) -> Command:
    """Return the hubs of a fleet at `address` (`ip:port`).

    `sizes` gives models another number of weight bytes, by target. On port 443 the signed URLs
    carry the names of the hubs' own stores; on another port, of a test, that of loopback.
    """
    host, _, port = address.rpartition(":")
    argv = [sys.executable, "-m", "twins.standins.hubs"]
    argv += ["--fleet", str(fleet_dir), "--cache", str(cache_dir), "--host", host, "--port", port]
    argv += ["--certificate", str(leaf.certificate), "--key", str(leaf.key)]
    if port != "443":
        # Clients drop their key on a redirect only if the host name differs.
        argv += ["--store-origin", f"https://localhost:{port}"]
    for target, size in (sizes or {}).items():
        argv += ["--size", f"{target}={size}"]
    return Command("hubs", tuple(argv))


def endpoints(url: str) -> dict[str, str]:
    """Return the endpoints of an overlay for hubs that answer at `url`."""
    hubs = [name for place in PLACES.values() for name in place.endpoints]
    return dict.fromkeys((*hubs, *STORE_NAMES), url)


def control_url(fleet_dir: Path) -> str:
    """Return the address on loopback for ordering faults and reading counts."""
    return control_file(fleet_dir).read_text().strip()


def log_file(fleet_dir: Path) -> Path:
    """Return the log: one JSON object a line for each request."""
    return fleet_dir / "hubs.jsonl"


def control_file(fleet_dir: Path) -> Path:
    """Return the file that the hubs write the address of their control server to."""
    return fleet_dir / "hubs-control"
