"""Boards that are set up by hand, with the commands of people's tutorials, and their fingerprints.

What a command needs and a twin lacks is put there first, past the product: files of a model come
from the stand-in hubs by the links that its own client would follow.
"""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetfleet.hubs.registry import hub_of
from jetfleet.spec.model import ModelSpec
from jetfleet.workstation.workstation import workstation_of
from tests.support.lab import LLM, Edit, Lab, until, write_spec
from tests.support.pyinfra import BIN, ROOT, Ran, pyinfra
from twins.fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

PERSON = "nvidia"


def boards(folder: Path, hosts: Sequence[str], edit: Edit | None = None) -> Lab:
    """Boot bare twins of hosts of the example; nothing is locked, for no spec is applied."""
    spec = write_spec(folder, hosts, edit)
    return Lab(spec, Fleet.up(spec, owner_pid=os.getpid()))


def by_hand(lab: Lab, host: str, commands: str) -> str:
    """Type these commands on a board, as the person that it was flashed for, each of them to hold.

    Without a terminal: a `docker run -it` is written with `-d`, and goes on in the background.
    """
    words = ["su", "-", PERSON, "-c", f"set -e\n{commands}"]
    return lab.sh(host, shlex.join(words))


def download(lab: Lab, host: str, source: str, folder: str) -> None:
    """Have the files of a model in a folder, as the hub's own client would have left them."""
    side = workstation_of(lab.spec)
    key: Any = {"api_key": {"env": "NGC_API_KEY"}} if source.startswith("ngc:") else {}
    hub = hub_of(ModelSpec.model_validate({"name": "m", "source": source, **key}), side)
    locked = hub.listing()
    links = hub.links(locked, [file.path for file in locked.files])
    for file in locked.files:
        path = shlex.quote(f"{folder}/{file.path}")
        if file.path in links.urls:
            get = f"curl -fsSL -o {path} {shlex.quote(links.urls[file.path][0])}"
        else:
            content = base64.b64encode(links.content[file.path]).decode()
            get = f"echo {content} | base64 -d > {path}"
        by_hand(lab, host, f'mkdir -p "$(dirname {path})"\n{get}')


def answers(lab: Lab, host: str, path: str = "/v1/models", port: int = 8000) -> None:
    """Wait until a server on a board answers."""
    until(
        lambda: lab.holds(host, f"curl -fsS http://127.0.0.1:{port}{path}"),
        f"{host}:{port}{path} to answer",
    )


def adopt(lab: Lab, host: str, folder: Path, known_hosts: Path | None = None) -> tuple[Path, str]:
    """Run `jetfleet adopt` on a board; return the path of its spec, and what was printed."""
    twin = lab.fleet.hosts[host]
    done = subprocess.run(
        [
            str(BIN / "jetfleet"), "adopt", f"{PERSON}@{twin.address}", "-o", str(folder),
            "-i", str(twin.key), "--known-hosts", str(known_hosts or twin.known_hosts),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return next(path for path in folder.glob("*.yaml") if ".lock" not in path.name), done.stdout


def run(spec: Path, *arguments: str) -> Ran:
    """Run pyinfra on an adopted board, by the inventory that was written for it, with success."""
    ran = pyinfra(spec.with_suffix(".py"), LLM, *arguments)
    assert ran.status == 0, ran.log
    return ran


# What a login leaves behind, what runs by itself, and what belongs to the workstation.
_NOT = "/proc /sys /dev /run /tmp /var/log /var/tmp /opt/apt /var/lib/sudo /var/lib/systemd"

_SCRIPT = f"""
cd /
find / -xdev {" ".join(f"-path {path} -prune -o" for path in _NOT.split())} \\
  -path '*/docker/*' -prune -o -type f -printf '%p %s %m %u %T@ %i\\n' | sort
[ ! -d /mnt/nvme ] || find /mnt/nvme -xdev -path '*/docker/*' -prune -o -type f \\
  -printf '%p %s %T@ %i\\n' | sort
docker ps -a --no-trunc --format '{{{{.ID}}}} {{{{.Names}}}} {{{{.State}}}}' | sort
docker ps -aq | xargs -r docker inspect \
  -f '{{{{.Name}}}} {{{{.State.StartedAt}}}} {{{{.State.Pid}}}}'
docker images --no-trunc --digests --format '{{{{.Repository}}}}:{{{{.Tag}}}} {{{{.ID}}}}' | sort
systemctl list-units --all --plain --no-legend --type service,mount,timer | sort |
  grep -v -e user@ -e session- -e user-runtime
systemctl show -p InvocationID docker ssh
cat /proc/sys/kernel/random/boot_id
nvpmodel -q
cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_min_freq
"""


def fingerprint(lab: Lab, host: str) -> set[str]:
    """Every file with its time and inode, containers with their starts, units, mode, clocks."""
    return set(lab.sh(host, _SCRIPT).splitlines())
