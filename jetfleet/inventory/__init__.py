"""From a spec to pyinfra's inventory: ``lab = hosts(__file__)`` in a file beside the spec."""

from __future__ import annotations

import sys

from jetfleet.garbage import collect_seldom

collect_seldom()

# pyinfra forbids bytecode files for all that it loads. A package that was installed without them
# would be compiled again by every run.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

from jetfleet.inventory.hosts import current, hosts  # noqa: E402 - it imports nearly everything

__all__ = ["current", "hosts"]
