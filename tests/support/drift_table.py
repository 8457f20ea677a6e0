"""The drift table: every managed attribute, how to break it, and what a plan must then say.

`rows` are the rows that a plan names. A row beside the broken one is there only where its resource
is broken too, or cannot be seen: behind a mount that is gone, in an engine that is down.
`does` are the rows that the apply then carries out, where they are others: what was only hidden is
found whole, and systemd reads again what it has to. `touched` is what has another identity
afterwards: everything else must be the very same file, process, start of a unit as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.support.lab import MODEL

IMAGES = {
    "thor": "nvcr.io/nvidia/vllm:26.01-py3",
    "orin": "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04",
    "nano": "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04",
}
LIVE_MODE = {"thor": "1", "orin": "3", "nano": "1"}
"""A mode on each board that needs no reboot from the one of the spec."""
MODE = {"thor": "0", "orin": "0", "nano": "2"}
"""The mode of the spec on each board."""

MOUNT = "storage | Mount /mnt/nvme"
DOCKER = "docker | Configure Docker (/etc/docker/daemon.json)"
POWER = "power | Set the power mode"
CLOCKS = "power | Lock the clocks"
IMAGE = "images | Pull {image}"
PACKAGE = "models | Install aria2"
FETCH = "models | Fetch model cosmos-reason2-2b"
SERVE = "serving | Serve cosmos"
RECORD = "record | Record what was applied (/var/lib/jetfleet/applied.json)"

UNITS = "/etc/systemd/system"
DROP_IN = f"{UNITS}/docker.service.d/jetfleet.conf"
CLOCKS_UNIT = f"{UNITS}/jetfleet-clocks.service"
SERVICE_UNIT = f"{UNITS}/jetfleet-cosmos.service"
CLOCKS_PROGRAM = "/usr/local/lib/jetfleet/clocks"
READY_PROGRAM = "/usr/local/lib/jetfleet/ready"
PORT_PROGRAM = "/usr/local/lib/jetfleet/port"
PRESTART_PROGRAM = "/usr/local/lib/jetfleet/prestart"
READY = "/etc/jetfleet/cosmos/ready.json"
OPTIONS = "/etc/jetfleet/cosmos/vllm.yaml"
CONFIG = "/etc/docker/daemon.json"
STATUS = "/var/lib/nvpmodel/status"
MARKER = f"{MODEL}/.jetfleet"
SHARD = f"{MODEL}/model-00001-of-00002.safetensors"

STARTED = ("unit:jetfleet-cosmos", "container")
RESTARTED = ("unit:docker", "dockerd", *STARTED)

ACTIVE = "until [ $(systemctl is-active jetfleet-cosmos) = active ]; do sleep 0.1; done"


@dataclass(frozen=True)
class Drift:
    """One way in which a board can leave its spec.

    `loses` is the state that nobody can bring back: foreign keys of a file that was removed.
    `sample`: it is not left to the campaign. `heals`: the board may repair it by itself.
    """

    name: str
    by: str
    rows: tuple[str, ...]
    touched: tuple[str, ...] = ()
    does: tuple[str, ...] | None = None
    data: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()
    sample: bool = False
    heals: bool = False


def _file(
    path: str, role: str, *, reader: tuple[str, ...] = (), hides: tuple[str, ...] = ()
) -> tuple[Drift, ...]:
    """Everything about one file.

    `reader` is the row of what systemd must read again with it, `hides` of what is looked at by it.
    """
    row, touched, name = f"{role} | Write {path}", (f"file:{path}",), path.rsplit("/", 1)[1]
    # A mode or an owner says nothing to systemd, but the file that repairs it is a new one.
    both = (row, *reader)
    return (
        Drift(f"{name}-content", f"echo '# by hand' >> {path}", both, touched),
        Drift(f"{name}-mode", f"chmod a+w {path}", (row,), touched, both),
        Drift(f"{name}-owner", f"chown nvidia:adm {path}", (row,), touched, both),
        Drift(f"{name}-absent", f"rm {path}", (*both, *hides), touched, both),
    )


def _files() -> Iterator[Drift]:
    """All attributes of all files; the sample has each attribute once, and the service's unit."""
    files = (
        _file(DROP_IN, "docker", reader=(DOCKER,)),
        _file(CLOCKS_UNIT, "power", reader=(CLOCKS,)),
        _file(CLOCKS_PROGRAM, "power", hides=(CLOCKS,)),
        _file(READY, "serving"),
        _file(OPTIONS, "serving"),
        _file(READY_PROGRAM, "serving"),
        _file(PORT_PROGRAM, "serving"),
        _file(PRESTART_PROGRAM, "serving"),
    )
    for number, drifts in enumerate(files):
        yield from (replace(drift, sample=place == number) for place, drift in enumerate(drifts))
    content, *rest = _file(SERVICE_UNIT, "serving", reader=(SERVE,))
    yield from (replace(content, sample=True), *rest)
    row = f"serving | Write {READY}"
    yield Drift(
        "a-link-for-a-file", f"mv {READY} /run/moved && ln -s /run/moved {READY}", (row,),
        (f"file:{READY}",),
    )  # fmt: skip


def _json(change: str) -> str:
    """A script that changes daemon.json as a person's tool would."""
    return f"""python3 - <<'END'
import json
settings = json.load(open("{CONFIG}"))
{change}
json.dump(settings, open("{CONFIG}", "w"), indent=4)
END
"""


_EDIT_OPTIONS = f"sed -i 's/max-model-len: .*/max-model-len: 128/' {OPTIONS}"

_SAMPLE = {
    "mount-gone", "key-removed", "key-changed-and-read", "mode-changed", "mode-set-again",
    "image-removed",
    "byte-changed", "container-by-hand", "started-with-other-options",
}  # fmt: skip

_TABLE: tuple[Drift, ...] = (
    *_files(),
    # storage
    Drift(
        "mount-gone", "systemctl stop mnt-nvme.mount", (MOUNT, DOCKER, IMAGE, FETCH, SERVE),
        ("unit:mnt-nvme.mount", *RESTARTED), (MOUNT, DOCKER, SERVE),
    ),
    Drift("fstab-changed", "sed -i 's/,noatime//' /etc/fstab", (MOUNT,), ("file:/etc/fstab",)),
    Drift("fstab-removed", "sed -i '/nvme/d' /etc/fstab", (MOUNT,), ("file:/etc/fstab",)),
    # docker
    Drift(
        "key-changed", _json('settings["default-runtime"] = "runc"'), (DOCKER,),
        (f"file:{CONFIG}",),
    ),
    Drift("key-removed", _json('del settings["data-root"]'), (DOCKER,), (f"file:{CONFIG}",)),
    Drift(
        "nested-key", _json('settings["runtimes"]["nvidia"]["path"] = "runc"'), (DOCKER,),
        (f"file:{CONFIG}",),
    ),
    Drift(
        "config-absent", f"rm {CONFIG}", (DOCKER,), (f"file:{CONFIG}",), loses=("daemon",)
    ),
    Drift(
        "key-changed-and-read",
        _json('settings["default-runtime"] = "runc"') + f"systemctl restart docker; {ACTIVE}",
        (DOCKER,), (f"file:{CONFIG}", *RESTARTED), (DOCKER, SERVE),
    ),
    Drift(
        "drop-in-changed-and-read",
        f"sed -i s/STARTED_WITH=/STARTED_WITH=0/ {DROP_IN}; systemctl daemon-reload; "
        f"systemctl restart docker; {ACTIVE}",
        (f"docker | Write {DROP_IN}", DOCKER), (f"file:{DROP_IN}", *RESTARTED),
        (f"docker | Write {DROP_IN}", DOCKER, SERVE),
    ),
    Drift(
        "docker-stopped", "systemctl stop docker", (DOCKER, IMAGE, SERVE), RESTARTED,
        (DOCKER, SERVE),
    ),
    Drift("docker-disabled", "systemctl disable docker", (DOCKER,)),
    # power
    Drift(
        "mode-changed", "nvpmodel -m {live}", (POWER, CLOCKS),
        (f"file:{STATUS}", "unit:jetfleet-clocks"),
    ),
    # The same mode once more: nvpmodel sets the lowest and the highest of each clock again.
    Drift(
        "mode-set-again", "nvpmodel -m {mode}", (CLOCKS,),
        (f"file:{STATUS}", "unit:jetfleet-clocks"),
    ),
    # The line may hold the fan's profile too, which is not what this drift is about.
    Drift(
        "saved-mode", f"sed -i 's/pmode:[0-9]*/pmode:000{{live}}/' {STATUS}", (POWER,),
        (f"file:{STATUS}",),
    ),
    Drift(
        "cpu-clock-free",
        "cd /sys/devices/system/cpu/cpu1/cpufreq; "
        "cut -d' ' -f1 scaling_available_frequencies > scaling_min_freq",
        (CLOCKS,), ("unit:jetfleet-clocks",),
    ),
    Drift(
        "gpu-clock-free",
        "cd /sys/class/devfreq/*gpu*[!d]*0* 2>/dev/null || cd /sys/class/devfreq/*.gpu; "
        "echo 0 > min_freq; case $PWD in *gpu-*) echo nvidia_uncore > governor;; esac",
        (CLOCKS,), ("unit:jetfleet-clocks",),
    ),
    Drift(
        "memory-clock-free", "echo 0 > /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked",
        (CLOCKS,), ("unit:jetfleet-clocks",),
    ),
    Drift("clocks-disabled", "systemctl disable jetfleet-clocks", (CLOCKS,)),
    Drift(
        "clocks-stopped", "systemctl stop jetfleet-clocks", (CLOCKS,), ("unit:jetfleet-clocks",)
    ),
    # images
    Drift("tag-removed", "docker rmi -f {image}", (IMAGE,)),
    Drift(
        "tag-moved",
        "tar -c /etc/hostname 2>/dev/null | docker import - {image}", (IMAGE,),
    ),
    Drift(
        "image-removed",
        "systemctl stop jetfleet-cosmos; docker rmi -f $(docker images -q --no-trunc {image})",
        (IMAGE, SERVE), STARTED,
    ),
    # models
    Drift("package-removed", "dpkg --remove aria2", (PACKAGE,)),
    Drift(
        "model-truncated", f"truncate -s -1 {SHARD}", (FETCH,), (f"file:{SHARD}", f"file:{MARKER}")
    ),
    Drift(
        "model-file-absent", f"rm {MODEL}/config.json", (FETCH,),
        (f"file:{MODEL}/config.json", f"file:{MARKER}"),
    ),
    Drift(
        "model-file-touched", f"touch {SHARD}", (FETCH,), (f"file:{SHARD}", f"file:{MARKER}")
    ),
    Drift("marker-absent", f"rm {MARKER}", (FETCH,), (f"file:{MARKER}",)),
    Drift(
        "marker-cut", f"sed -i 3,5d {MARKER}", (FETCH,), (f"file:{MARKER}",)
    ),
    Drift(
        "byte-changed",
        f"touch -r {SHARD} /run/time; printf X | dd of={SHARD} bs=1 seek=9999 conv=notrunc "
        f"status=none; touch -r /run/time {SHARD}",
        (FETCH,), (f"file:{SHARD}", f"file:{MARKER}"), data=("--data", "deep=yes"),
    ),
    # record
    Drift(
        "record-absent", "rm /var/lib/jetfleet/applied.json", (RECORD,),
        ("file:/var/lib/jetfleet/applied.json",),
        # Without it nothing says that jetfleet pulled the image, so that no run removes it.
        loses=("content:/var/lib/jetfleet/applied.json",),
    ),
    # serving
    Drift("service-stopped", "systemctl stop jetfleet-cosmos", (SERVE,), STARTED),
    Drift("service-disabled", "systemctl disable jetfleet-cosmos", (SERVE,)),
    Drift("container-killed", "docker kill cosmos", (SERVE,), STARTED, heals=True),
    Drift(
        "container-by-hand",
        "systemctl stop jetfleet-cosmos; "
        "docker run -d --name cosmos --network host {image} sleep 900",
        (SERVE,), STARTED,
    ),
    Drift(
        "started-with-other-options", f"{_EDIT_OPTIONS}; systemctl restart jetfleet-cosmos",
        (f"serving | Write {OPTIONS}", SERVE), (f"file:{OPTIONS}", *STARTED),
    ),
    Drift(
        "started-with-another-unit",
        f"sed -i 's/^RestartSec=.*/RestartSec=11/' {SERVICE_UNIT}; "
        "systemctl daemon-reload; systemctl restart jetfleet-cosmos",
        (f"serving | Write {SERVICE_UNIT}", SERVE), (f"file:{SERVICE_UNIT}", *STARTED),
    ),
)  # fmt: skip

FAN = "power | Set the fan profile"
FAN_CONF = "$(readlink -e /etc/nvfancontrol.conf)"

FAN_TABLE = (
    Drift(
        "fan-of-now",
        "systemctl stop nvfancontrol; echo FAN1:FAN_PROFILE:quiet > /var/lib/nvfancontrol/status; "
        "systemctl start nvfancontrol; sleep 1",
        (FAN,),
    ),
    Drift(
        "fan-of-the-next-boot",
        f"sed -i 's/FAN_DEFAULT_PROFILE .*/FAN_DEFAULT_PROFILE quiet/' {FAN_CONF}",
        (FAN,),
    ),
    Drift("fan-stopped", "systemctl stop nvfancontrol", (FAN,)),
)
"""For a board with `power.fan`: the example leaves its fans as they are."""

TABLE = tuple(replace(drift, sample=True) if drift.name in _SAMPLE else drift for drift in _TABLE)
