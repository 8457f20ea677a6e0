"""A fingerprint of a twin, taken by commands of our own: what is there, and whether it is the same.

`state` is what must be as before once a drift is repaired. `identity` tells whether a thing was
touched although it looks as before: when a file was written, which start of a unit it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.lab import MODEL, Lab

_FOLDERS = (
    "/etc/jetfleet /etc/systemd/system /usr/local/lib/jetfleet /etc/docker /etc/fstab /etc/hosts "
    "/etc/ssh /var/lib/nvpmodel/status /var/lib/jetfleet /mnt/nvme/models"
)
# A service writes these itself at each start.
_NOT = "-path /var/lib/jetfleet/services -prune -o"
# Every run that changes the board writes these.
_OF_RUNS = re.compile(r"/var/lib/jetfleet/(lease|audit[.]jsonl)")
_UNITS = "docker jetfleet-cosmos jetfleet-clocks ssh nvpmodel"

_SCRIPT = f"""
find {_FOLDERS} {_NOT} -type f -printf 'file %p %m,%u:%g %T@,%i\\n'
find {_FOLDERS} {_NOT} -type f ! -name daemon.json ! -name .jetfleet -exec sha256sum {{}} +
python3 - <<'END'
import json
print("daemon", json.dumps(json.load(open("/etc/docker/daemon.json")), sort_keys=True))
END
sed 's/^/marker /;s/ [0-9]*[.][0-9]* / /' {MODEL}/.jetfleet
for unit in {_UNITS} mnt-nvme.mount; do
  set -- $(systemctl show -P ActiveState -P UnitFileState -P InvocationID $unit | tr '\\n' ' ')
  echo "unit $unit $*"
done
echo "dockerd $(systemctl show -P MainPID docker)"
docker inspect -f 'container {{{{.State.Status}}}} {{{{.Id}}}},{{{{.State.StartedAt}}}}' cosmos
docker images --filter dangling=false --no-trunc --digests \
  --format 'image {{{{.Repository}}}}:{{{{.Tag}}}}@{{{{.Digest}}}} {{{{.ID}}}}'
echo "boot $(cat /proc/sys/kernel/random/boot_id)"
echo "packages $(dpkg-query -W | sha256sum)"
echo "mode $(nvpmodel -q | tail -n 1)"
for cpu in /sys/devices/system/cpu/cpu[0-9]*/cpufreq; do
  cmp -s $cpu/scaling_min_freq $cpu/scaling_max_freq || echo "free $cpu"
done
echo "emc $(cat /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked)"
"""


@dataclass
class Fingerprint:
    """What was found, by key: ``file:PATH``, ``unit:NAME``, ``container``, ``image:NAME`` …"""

    state: dict[str, str] = field(default_factory=dict)
    identity: dict[str, str] = field(default_factory=dict)

    def touched_since(self, before: Fingerprint) -> set[str]:
        """Keys whose identity is another one than before."""
        return _different(before.identity, self.identity)

    def differs_from(self, before: Fingerprint) -> set[str]:
        """Keys whose state is another one than before."""
        return _different(before.state, self.state)

    def without_runs(self) -> Fingerprint:
        """Return it without the lease and the audit log, which each run that changes writes."""
        return Fingerprint(_others(self.state), _others(self.identity))


def _others(found: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if not _OF_RUNS.search(key)}


def _different(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def fingerprint(lab: Lab, host: str) -> Fingerprint:
    """Take the fingerprint of a twin."""
    found = Fingerprint()
    for line in lab.sh(host, _SCRIPT).splitlines():
        word, _, rest = line.partition(" ")
        read: Any = _READERS.get(word, _sum)
        read(found, word, rest)
    return found


def _file(found: Fingerprint, _: str, rest: str) -> None:
    path, about, identity = rest.rsplit(" ", 2)
    found.state[f"file:{path}"] = about
    found.identity[f"file:{path}"] = identity


def _sum(found: Fingerprint, word: str, rest: str) -> None:
    found.state[f"content:{rest.strip()}"] = word


def _unit(found: Fingerprint, _: str, rest: str) -> None:
    name, *about, invocation = rest.split(" ")
    found.state[f"unit:{name}"] = " ".join(about)
    found.identity[f"unit:{name}"] = invocation


def _container(found: Fingerprint, _: str, rest: str) -> None:
    status, identity = rest.split(" ")
    found.state["container"] = status
    found.identity["container"] = identity


def _image(found: Fingerprint, _: str, rest: str) -> None:
    name, identity = rest.split(" ")
    found.state[f"image:{name}"] = identity


def _state(found: Fingerprint, word: str, rest: str) -> None:
    found.state[f"{word}:{rest}" if word in {"free", "marker"} else word] = rest


def _identity(found: Fingerprint, word: str, rest: str) -> None:
    found.identity[word] = rest


_READERS = {
    "file": _file,
    "unit": _unit,
    "container": _container,
    "image": _image,
    "dockerd": _identity,
    "boot": _identity,
    "packages": _state,
    "mode": _state,
    "free": _state,
    "daemon": _state,
    "marker": _state,
    "emc": _state,
}
