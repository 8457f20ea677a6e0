"""What twins need of the workstation, for `jetfleet doctor`.

The entry point `findings` of the group `jetfleet.twins`.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from jetfleet.doctor.finding import Finding
from twins.packages import missing

if TYPE_CHECKING:
    from collections.abc import Iterator


def findings() -> Iterator[Finding]:
    """Yield what `jetfleet twin` needs."""
    system = platform.system()
    yield Finding("twins: Linux", system, "" if system == "Linux" else "use a Linux workstation")
    root = os.geteuid() == 0
    yield Finding(
        "twins: root", "yes" if root else "no", "" if root else "run `sudo jetfleet twin`"
    )
    packages = " ".join(missing())
    remedy = f"sudo apt-get install --no-install-recommends {packages}" if packages else ""
    yield Finding("twins: packages", f"without {packages}" if packages else "all there", remedy)
