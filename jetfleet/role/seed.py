"""A small unit that serves verified models, and images, by hash to the hosts of the same group."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.resources import File, Unit
from jetfleet.role.role_input import SEED_PORT
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.resources import Resources

PROGRAM = "/usr/local/lib/jetfleet/seed"
UNIT = "/etc/systemd/system/jetfleet-seed.service"


def seed(directory: str) -> Resources:
    """Return the program, its unit, and that it runs."""
    text = program("seed.py")
    started_with = hashlib.sha256((text + _unit(directory, "")).encode()).hexdigest()
    return [
        File(PROGRAM, text, mode="755"),
        File(UNIT, _unit(directory, started_with)),
        Unit("jetfleet-seed.service", started_with),
    ]


def _unit(directory: str, started_with: str) -> str:
    return render("models", UNIT, directory=directory, port=SEED_PORT, started_with=started_with)
