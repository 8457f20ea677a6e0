"""Programs of the board that die or are missing while a run goes on."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.matrix.fault import (
    ABOUT_SETTINGS,
    LOST,
    LOST_REMEDY,
    Fault,
    only,
    without,
)
from tests.faults.matrix.phase import (
    CONNECT,
    DOCKER,
    FETCH,
    PULL,
    READY,
    REBOOT,
    SERVICE,
    UPLOAD,
    WRITE,
)

_OFF = without((REBOOT,), "every program ends in it: see power-cut")
_DOCKER = r"[Dd]ocker"
_LOOK = r"look at|run again|journalctl"

_ENGINE_WHOLE = "timeout 60 sh -c 'until docker version | grep -q containerd; do sleep 0.3; done'"
"""systemd starts it again after seconds, and Docker looks for it at times only."""


def _before(fault: Fault) -> Fault:
    """Return a fault that is made a moment before the run: what was killed may not be back yet."""
    return replace(
        fault,
        name=fault.name.replace("killed", "just-killed"),
        what=fault.what.replace("is killed", "was killed a moment before the run"),
        left_out=only((WRITE, PULL, READY), "it is back before the run comes to it"),
        before=True,
        seconds=60,
    )


_KILLED = (
    Fault(
        "dockerd-killed",
        "the Docker daemon is killed",
        "pkill -KILL -x dockerd; true",
        says=_DOCKER,
        remedy=_LOOK,
        never=ABOUT_SETTINGS,
        left_out=_OFF,
    ),
    Fault(
        "containerd-killed",
        "containerd is killed",
        "pkill -KILL -x containerd; true",
        _ENGINE_WHOLE,
        says=_DOCKER,
        remedy=_LOOK,
        never=ABOUT_SETTINGS,
        left_out=_OFF,
    ),
    Fault(
        "journald-killed",
        "journald is killed",
        "systemctl kill -s KILL systemd-journald",
        left_out=_OFF,
    ),
    Fault(
        "sshd-killed",
        "sshd is killed",
        "kill -KILL $(systemctl show -p MainPID --value ssh)",
        says=LOST,
        remedy=LOST_REMEDY,
        left_out=_OFF,
    ),
)

FAULTS = (
    *_KILLED,
    *map(_before, _KILLED),
    Fault(
        "docker-stopped",
        "Docker is stopped by hand",
        "systemctl stop docker.socket docker.service",
        says=_DOCKER,
        remedy=_LOOK,
        never=ABOUT_SETTINGS,
        left_out=_OFF,
    ),
    Fault(
        "docker-masked",
        "Docker's unit is masked",
        "systemctl mask --now docker.socket docker.service",
        "systemctl unmask docker.socket docker.service",
        says=_DOCKER,
        remedy="systemctl unmask",
        never=ABOUT_SETTINGS,
        left_out=_OFF,
    ),
    Fault(
        "container-removed",
        "the container of a service is removed by hand",
        f"docker rm -f {SERVICE}",
        left_out=_OFF | without((DOCKER,), "Docker is down in it, and answers nobody"),
    ),
    Fault(
        "script-killed",
        "the script of the run on the board is killed",
        "pkill -KILL -f '[s]h -s --'; true",
        says=LOST + "|killed|signal",
        remedy=_LOOK,
        left_out=_OFF | without((CONNECT,), "no script runs before it"),
        # What a section of a survey has started keeps the session open until its limit.
        seconds=20,
    ),
    Fault(
        "unit-killed",
        "the unit that pulls or fetches is killed",
        "systemctl kill -s KILL 'jetfleet-fetch-*' 'jetfleet-pull-*'",
        says=r"could not (pull|fetch)",
        remedy="run again",
        left_out=only((PULL, FETCH), "no such unit runs in it")
        | without((UPLOAD,), "the run itself uploads"),
    ),
)
