"""The boards that the cells of one file share, converged, with foreign things sown on them."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jetfleet.cli.lock import lock
from tests.faults.matrix.phase import EXPORTER, IMAGE, LUGGAGE, PARCEL, WRITE
from tests.faults.matrix.run import start
from tests.faults.matrix.scene import events_in
from tests.support.lab import Lab, Spec, no_reboot, write_spec
from tests.support.model_lab import PEOPLENET
from twins.fleet import Fleet
from twins.paths import cache_dir
from twins.standins.hubs.content import models as published

BOARDS = ("b1", "b2", "b3", "b4", "b5", "b6")
WITNESS = "witness"
"""A board without any fault, in the same run."""

VARIABLE = "JETFLEET_MATRIX_CANARY"
LUGGAGE_BYTES, RATE = 3 * 2**20, "2M"
OF_HF, OF_MODELSCOPE = "Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3-8B"
SIZES = {PEOPLENET: 3 * 2**20, OF_HF: 2**19, OF_MODELSCOPE: 2**19}

SOW = """set -e
mkdir -p /srv/theirs /mnt/nvme/models/theirs /mnt/nvme/theirs
echo precious > /srv/theirs/photo; chmod 600 /srv/theirs/photo
echo precious > /mnt/nvme/theirs/photo; chown nvidia:adm /mnt/nvme/theirs/photo
head -c 100000 /dev/zero > /mnt/nvme/models/theirs/weights
ln -s /srv/theirs/photo /mnt/nvme/theirs/link
echo '# their own line' >> /etc/fstab
printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > /etc/systemd/system/theirs.service
docker volume create theirs >/dev/null
python3 - <<'END'
import json
settings = json.load(open("/etc/docker/daemon.json"))
settings["max-concurrent-uploads"] = 3
json.dump(settings, open("/etc/docker/daemon.json", "w"), indent=4)
END
"""

_SOWN = (
    "/srv/theirs /mnt/nvme/theirs /etc/systemd/system/theirs.service /mnt/nvme/models "
    "/mnt/nvme/docker/volumes/theirs"
)
KEPT = f"""find {_SOWN} -path '*/.jetfleet*' -prune -o ! -type d -printf '%p %m %u:%g %l\\n' | sort
find {_SOWN} -path '*/.jetfleet*' -prune -o -type f -exec sha256sum {{}} + | sort
grep 'their own line' /etc/fstab
grep -o '"max-concurrent-uploads": 3' /etc/docker/daemon.json
"""
"""Script that prints what no fault may lose: foreign things, and the models that are there."""


@dataclass
class Rig:
    """Boards for faults, and one without.

    Parameters
    ----------
    canary:
        The secret that must show nowhere.
    kept:
        What `KEPT` printed on each board before the first fault.
    alone:
        Seconds in which a run without faults gets to the witness's change, on it alone.
    sound:
        Whether the last round left all boards converged.

    """

    lab: Lab
    canary: str
    kept: dict[str, str]
    alone: float
    sound: bool = True

    @property
    def all(self) -> tuple[str, ...]:
        """Every board."""
        return (*BOARDS, WITNESS)


@contextmanager
def rig(folder: Path, *, power: bool = False) -> Iterator[Rig]:
    """Boot and converge the boards; they end with the context.

    Parameters
    ----------
    power:
        Whether the spec wants a power mode, for which boards reboot.

    """
    canary = f"canary-{secrets.token_hex(16)}"
    os.environ[VARIABLE] = canary
    spec = _spec(folder, power=power)
    lab = Lab(spec, Fleet.up(spec, owner_pid=os.getpid(), sizes=SIZES))
    try:
        lock(spec, upgrade=False)
        lab.converge()
        boards = (*BOARDS, WITNESS)
        for host in boards:
            lab.sh(host, SOW)
        lab.converge()
        kept = {host: lab.sh(host, KEPT) for host in boards}
        yield Rig(lab, canary, kept, _alone(lab, folder / "alone"))
    finally:
        lab.down()
        os.environ.pop(VARIABLE)


def _alone(lab: Lab, folder: Path) -> float:
    """Return the seconds from the start of a run to the change of the witness, on it alone."""
    lab.sh(WITNESS, WRITE.work)
    began = time.time()
    assert start(lab, "pyinfra", [WITNESS], folder).wait() == 0
    return float(events_in(folder, WITNESS, "changed")[0]["at"]) - began


def _parcels() -> dict[str, dict[str, str]]:
    """Return a model of each kind of hub."""
    file = next(m for m in published.publish(cache_dir()) if m.definition.hub == "web").files[0]
    return {
        PARCEL: {"source": f"ngc:{PEOPLENET}"},
        f"{PARCEL}-hf": {"source": f"hf:{OF_HF}"},
        f"{PARCEL}-modelscope": {"source": f"modelscope:{OF_MODELSCOPE}"},
        f"{PARCEL}-ollama": {"source": "ollama:smollm2:135m"},
        f"{PARCEL}-web": {
            "source": f"https://models.example.org/gguf/{file.path}",
            "sha256": file.sha256,
        },
    }


def _spec(folder: Path, *, power: bool) -> Path:
    """Write a spec with something for each phase, and the folder that is uploaded."""
    luggage = folder / LUGGAGE
    luggage.mkdir(parents=True)
    (luggage / "weights").write_bytes(secrets.token_bytes(LUGGAGE_BYTES))

    def edit(spec: Spec) -> None:
        if not power:
            no_reboot(spec)
        models = {**_parcels(), LUGGAGE: {"source": f"file:{LUGGAGE}"}}
        spec["models"].update(models)
        spec["defaults"]["models"].update(use=list(models), max_rate=RATE)
        cosmos = spec["defaults"]["services"]["cosmos"]
        cosmos["env"] = {"CANARY": {"env": VARIABLE}}
        spec["defaults"]["services"][EXPORTER] = {
            "runtime": "container",
            "image": f"{IMAGE}:v1.8.2",
            "port": 9100,
            "probe": {"path": "/"},
        }
        spec["hosts"] = {
            name: {
                "board": "agx-orin",
                "groups": ["ample-memory"],
                "address": f"192.0.2.{place}",
            }
            for place, name in enumerate((*BOARDS, WITNESS), start=20)
        }

    return write_spec(folder, (), edit)
