"""Settings of the system that services of the board read when they start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.catalog.system import jtop_requirements
from jetfleet.resources import File, Sysctl, Trust, Venv
from jetfleet.resources.trust import FOLDER
from jetfleet.role.role_input import PROXY_VARIABLES
from jetfleet.roles.base.restarts import Reads
from jetfleet.spec.docker_options import size_in_bytes
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.system import Journal

JOURNAL = "/etc/systemd/journald.conf.d/jetfleet.conf"
TIMESYNCD = "/etc/systemd/timesyncd.conf.d/jetfleet.conf"
SYSCTL = "/etc/sysctl.d/99-zz-jetfleet.conf"
JTOP = "/usr/local/bin/jtop"
JTOP_UNIT = "/etc/systemd/system/jtop.service"
EXPORTER = "/etc/default/prometheus-node-exporter"


def settings(inputs: RoleInput) -> tuple[Resources, list[Reads]]:
    """Return the settings of a host, and which service reads which file."""
    host = inputs.host
    wanted: Resources = []
    reads: list[Reads] = []
    if host.journal is not None:
        reads.append(Reads("systemd-journald.service", _journal(host.journal)))
    if host.clock is not None and host.clock.ntp:
        file = File(TIMESYNCD, render("base", TIMESYNCD, servers=host.clock.ntp))
        reads.append(Reads("systemd-timesyncd.service", file, enabled=True))
    if host.monitoring is not None and host.monitoring.node_exporter is not None:
        file = File(EXPORTER, render("base", EXPORTER, port=host.monitoring.node_exporter))
        reads.append(Reads("prometheus-node-exporter.service", file, enabled=True))
    if host.monitoring is not None and host.monitoring.jtop:
        proxy = PROXY_VARIABLES if host.proxy else ""
        venv = Venv("jtop", jtop_requirements(), proxy, offline=host.offline is not None)
        unit = File(JTOP_UNIT, render("base", JTOP_UNIT, venv=venv.folder))
        program = render("base", JTOP, venv=venv.folder)
        wanted += [venv, File(JTOP, program, mode="755")]
        reads.append(Reads("jtop.service", unit, enabled=True))
    if host.sysctl:
        parameters = tuple(host.sysctl.items())
        wanted += [File(SYSCTL, render("base", SYSCTL, parameters=parameters)), Sysctl(parameters)]
    files = (replace(one.file, read_by=(one.unit,)) for one in reads)
    return [*wanted, *files, *_trust(host.certificates)], reads


def _journal(journal: Journal) -> File:
    size = size_in_bytes(journal.max_use) if journal.max_use else None
    return File(JOURNAL, render("base", JOURNAL, size=size, days=journal.max_days))


def _trust(certificates: Mapping[str, str]) -> Resources:
    wanted: Resources = []
    for name, text in certificates.items():
        # The longest of the last lines is of the signature: no other certificate has it.
        line = max(text.splitlines()[-3:-1], key=len)
        own = f"jetfleet-{name}"
        wanted += [File(f"{FOLDER}/{own}.crt", text), Trust(own, line)]
    return wanted
