"""All cells: each fault of each table in each phase in which it has a meaning."""

from __future__ import annotations

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.fault import Fault
from tests.faults.matrix.faults import (
    disk,
    foreign,
    hubs,
    network,
    power,
    programs,
    run,
    state,
)
from tests.faults.matrix.phase import Phase

TABLES: dict[str, tuple[Fault, ...]] = {
    "network": network.FAULTS,
    "programs": programs.FAULTS,
    "power": power.FAULTS,
    "disk": disk.FAULTS,
    "state": state.FAULTS,
    "foreign": foreign.FAULTS,
    "hubs": hubs.FAULTS,
    "run": run.FAULTS,
}

CELLS = tuple(
    Cell(kind, fault, phase)
    for kind, faults in TABLES.items()
    for fault in faults
    for phase in fault.phases
)


_ON_ONE_BOARD = ("network", "programs", "power", "disk", "frozen")


def in_phases(*phases: Phase) -> list[Cell]:
    """Return the cells of these phases, of faults that are made while a run goes on."""
    return [one for one in CELLS if one.kind in _ON_ONE_BOARD and one.phase in phases]


def of_kind(kind: str) -> list[Cell]:
    """Return the cells of one table."""
    return [one for one in CELLS if one.kind == kind]


_SAMPLE = {
    "write": "session-killed dockerd-killed docker-stopped container-removed script-killed",
    "pull": "session-killed dockerd-killed containerd-killed unit-killed container-removed",
    "fetch": "session-killed dockerd-killed unit-killed script-killed power-cut hubs-refuse",
    "ready": "session-killed dockerd-killed container-removed journald-killed",
    "record": "session-killed script-killed docker-stopped",
    "survey": "session-killed script-killed pyinfra-int pyinfra-kill pyinfra-term",
    "connect": "applied-empty applied-folder marker-rubbish marker-link secrets-link unit-empty",
}
_SAMPLE_OF_HUBS = "hub-busy hub-expired hub-cut hub-flip hub-no-ranges hub-length"

SAMPLE = [
    cell
    for cell in CELLS
    if cell.fault.name in _SAMPLE.get(cell.phase.name, "").split()
    or (cell.phase.name == "fetch" and cell.fault.name in _SAMPLE_OF_HUBS.split())
]
"""Forty cells, of few rounds."""
