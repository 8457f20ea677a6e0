"""Services that run with a file, restarted with it under the dead man's switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps.shell import STATE_DIR, words

if TYPE_CHECKING:
    from collections.abc import Sequence

RESTART_SECONDS = 45
"""The longest that a change with its restarts may take."""

_STOPPED = f"{STATE_DIR}/guarded-stopped"
"""Which of the services did not run before."""


def restart(services: Sequence[str]) -> str:
    """Script that restarts services, and starts those that do not run."""
    units = words(services)
    if not units:
        return ""
    return f"systemctl daemon-reload\n{note_stopped(services)}systemctl restart {units}\n"


def note_stopped(services: Sequence[str]) -> str:
    """Script that notes for `undo_restart` which of the services do not run."""
    if not services:
        return ""
    return f"""mkdir -p {STATE_DIR}
rm -rf {_STOPPED}
for unit in {words(services)}; do
  systemctl -q is-active "$unit" || echo "$unit" >> {_STOPPED}
done
"""


def undo_restart(services: Sequence[str]) -> str:
    """Script that restarts those of the services that ran before `restart`, and stops the others.

    A firewall that is stopped lets everything in, and so it does before its first start.
    """
    units = words(services)
    if not units:
        return ""
    return f"""for unit in {units}; do
  if grep -sqxF -- "$unit" {_STOPPED}; then verb=stop; else verb=restart; fi
  systemctl reset-failed "$unit"
  systemctl "$verb" "$unit"
done
rm -rf {_STOPPED}
"""
