"""The phases of a run: what work leads through each, and the fact by which it is recognised.

A fault is made when the fact holds, never after a time: an event in the run's own records, and
where that is too coarse, a condition on the board.
"""

from __future__ import annotations

from dataclasses import dataclass

SERVICE, OPTIONS = "cosmos", "/etc/jetfleet/cosmos/vllm.yaml"
PARCEL, LUGGAGE = "parcel", "luggage"
MODELS = "/mnt/nvme/models"
IMAGE = "quay.io/prometheus/node-exporter"
EXPORTER = "exporter"

_BY_HAND = f"echo '# by hand' >> {OPTIONS}"


@dataclass(frozen=True)
class Phase:
    """One phase of a run on one board.

    Parameters
    ----------
    what:
        What the run does in it, for people.
    work:
        Script that gives a board that has converged a difference which leads through the phase.
    begun:
        The resource whose change begins it, or the beginning of its name; empty before any.
    busy:
        Shell condition that holds on the board while the phase goes on; empty at its beginning.
    store:
        Where its bytes come from, as the stand-ins of the hubs match it.

    """

    name: str
    what: str
    work: str
    begun: str = ""
    busy: str = ""
    store: str = ""


CONNECT = Phase("connect", "SSH connects", _BY_HAND)
SURVEY = Phase(
    "survey", "the board is read", _BY_HAND, busy="pgrep -f '[s]etsid -w sh -s -- survey'"
)
WRITE = Phase("write", "a file is written", _BY_HAND, begun="file:")
DOCKER = Phase(
    "docker",
    "Docker's settings are written, and Docker is restarted",
    'sed -i \'s/"default-runtime": "nvidia"/"default-runtime": "runc"/\' '
    "/etc/docker/daemon.json; systemctl restart docker",
    begun="daemon:",
    busy='[ "$(systemctl is-active docker)" != active ]',
)
PULL = Phase(
    "pull",
    "an image is pulled",
    f"systemctl stop jetfleet-{EXPORTER}; docker rmi -f $(docker images -q {IMAGE}) >/dev/null",
    begun="image:",
    busy="pgrep -f '[d]ocker pull'",
)
UPLOAD = Phase(
    "upload",
    "a model of the workstation is uploaded",
    f"rm -rf {MODELS}/{LUGGAGE}",
    begun=f"model:{LUGGAGE}",
    busy=f'[ -n "$(find {MODELS}/.fetching/{LUGGAGE} -type f -size +0 2>/dev/null)" ]',
)


def _fetch(hub: str, name: str, store: str) -> Phase:
    model = PARCEL if hub == "ngc" else f"{PARCEL}-{hub}"
    return Phase(
        name,
        f"a model is fetched from {hub}",
        f"rm -rf {MODELS}/{model}",
        begun=f"model:{model}",
        busy="pidof aria2c",
        store=store,
    )


FETCH = _fetch("ngc", "fetch", "files.ngc*")
HUBS = (
    FETCH,
    _fetch("hf", "fetch-hf", "cas-bridge*"),
    _fetch("modelscope", "fetch-modelscope", "cdn-lfs*"),
    _fetch("ollama", "fetch-ollama", "*cloudflare*"),
    _fetch("web", "fetch-web", "models.example.org*"),
)
"""A fetch from each kind of hub."""

READY = Phase(
    "ready",
    "a service starts and becomes ready",
    f"systemctl stop jetfleet-{SERVICE}",
    begun=f"service:{SERVICE}",
    busy=f'[ "$(systemctl is-active jetfleet-{SERVICE})" = activating ]',
)
REBOOT = Phase(
    "reboot",
    "the board reboots for its power mode",
    "printf 'pmode:0002\\n' > /var/lib/nvpmodel/status; echo 2 > /run/twin/power-mode; "
    "printf 240 > /run/twin/gpu-context",
    begun="power:",
    busy="systemctl list-units --all 'run-*' | grep -q 'systemctl reboot'",
)
RECORD = Phase(
    "record", "what was applied is recorded", "rm -f /var/lib/jetfleet/applied.json",
    begun="applied:",
)  # fmt: skip

PHASES = (CONNECT, SURVEY, WRITE, DOCKER, PULL, UPLOAD, FETCH, READY, REBOOT, RECORD)
WORKING = tuple(phase for phase in PHASES if phase is not REBOOT)
