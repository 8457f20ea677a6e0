"""Reads what a board is doing right now, in one process and without any write.

It is sent on standard input with `launch.py` and never installed, so that a board without jetfleet
has a status too. A part that fails is left out, with its reason under `errors`.
"""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import threading
import time
from typing import Any, Callable, Sequence

from jetfleet.board.kernel_file import line_of, number_of, output_of
from jetfleet.board.out_of_memory import killed, kills
from jetfleet.board.ready import server_of
from jetfleet.board.units import containers, units, work

OFF = -40000
"""Thousandths of a degree: a zone whose power is gated off says -256000."""


def release(root: str) -> str:
    """Return the first line of the release file."""
    return line_of(root + "/etc/nv_tegra_release")


def model(root: str) -> str:
    """Return what the device tree calls the board."""
    return line_of(root + "/sys/firmware/devicetree/base/model")


def uptime(root: str) -> float:
    """Return seconds since the boot."""
    return float(line_of(root + "/proc/uptime").split()[0])


def temperatures(root: str) -> dict[str, float]:
    """Return degrees Celsius by zone."""
    zones = {}
    for zone in glob.glob(root + "/sys/class/thermal/thermal_zone*"):
        value = number_of(zone + "/temp")
        if value is not None and value > OFF:
            zones[line_of(zone + "/type")] = value / 1000
    return zones


def throttling(root: str) -> list[str]:
    """Return the alerts that hold clocks down now; a fan that turns does not count.

    https://docs.nvidia.com/jetson/archives/r36.3/DeveloperGuide (Thermal Management).
    """
    devices = glob.glob(root + "/sys/class/thermal/cooling_device*")
    hot = [line_of(d + "/type") for d in devices if number_of(d + "/cur_state")]
    return sorted(kind for kind in hot if kind.endswith("-alert"))


def over_current(root: str) -> dict[str, int]:
    """Return how often each over-current limit was met since the boot, those with any."""
    counts = {}
    for folder in glob.glob(root + "/sys/class/hwmon/hwmon*"):
        if line_of(folder + "/name") == "soctherm_oc":
            for path in glob.glob(folder + "/oc*_event_cnt"):
                count = number_of(path)
                if count:
                    counts[os.path.basename(path).split("_")[0]] = count
    return counts


def memory(root: str) -> dict[str, int]:
    """Return bytes of the memory that CPU and GPU share: all of it, and what can still be had."""
    with open(root + "/proc/meminfo", encoding="ascii") as lines:
        rows = dict(line.split(":", 1) for line in lines)
    return {
        key: int(rows[name].split()[0]) * 1024
        for key, name in (("total", "MemTotal"), ("available", "MemAvailable"))
    }


def disks(paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return bytes of each filesystem, and whether something is mounted there."""
    found = {}
    for path in paths:
        mounted = os.path.ismount(path)
        place = os.statvfs(path) if mounted else None
        found[path] = {
            "mounted": mounted,
            "total": place.f_blocks * place.f_frsize if place else 0,
            "free": place.f_bavail * place.f_frsize if place else 0,
        }
    return found


def power_mode() -> str | None:
    """Return the name of the power mode that is on."""
    found = re.search(r"^NV Power Mode: *(\S+)", output_of(["nvpmodel", "-q"], 20), re.MULTILINE)
    return found.group(1) if found else None


def clocks(root: str) -> dict[str, Any]:
    """Return whether the clocks are pinned to their maximum, and the highest now in Hz.

    On Thor the GPU's frequency files can hang their reader; its governor tells as much.
    """
    free, cpu, gpu, seen = [], 0, 0, False
    for folder in glob.glob(root + "/sys/devices/system/cpu/cpu[0-9]*/cpufreq"):
        least, most = (number_of(f"{folder}/scaling_{end}_freq") for end in ("min", "max"))
        cpu = max(cpu, (number_of(folder + "/scaling_cur_freq") or 0) * 1000)
        seen = seen or least is not None
        if None not in (least, most) and least != most:
            free.append(folder.split("/")[-2])
    for folder in glob.glob(root + "/sys/class/devfreq/*"):
        name = os.path.basename(folder)
        if name.startswith("gpu-"):
            if line_of(folder + "/governor") != "performance":
                free.append(name)
        elif name.endswith((".gpu", ".ga10b", ".gv11b")):
            gpu = max(gpu, number_of(folder + "/cur_freq") or 0)
            if number_of(folder + "/min_freq") != number_of(folder + "/max_freq"):
                free.append("gpu")
    return {"locked": not free if seen else None, "free": sorted(free), "cpu": cpu, "gpu": gpu}


ANSWER_SECONDS = 4
"""How long a service may take to say which models it has."""


class Asked(threading.Thread):
    """Asks one service which models it has, beside the others."""

    def __init__(self, folder: str) -> None:
        super().__init__(daemon=True)
        self.path = folder + "/ready.json"
        self.answer: dict[str, Any] = {"ids": None, "wants": [], "reason": "no answer"}

    def run(self) -> None:
        """Ask; whatever goes wrong becomes the reason."""
        try:
            server = server_of(self.path, ANSWER_SECONDS)
            self.answer["wants"] = server.wanted
            self.answer.update(ids=server.models(), reason="")
        except Exception as error:  # noqa: BLE001 - one broken service must not hide the others
            self.answer["reason"] = str(error) or type(error).__name__


def services(
    root: str, names: Sequence[str], contained: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return each service's unit, and which ids it has if it answers.

    Of those that are `contained` in a container, Docker's count of restarts too; None if Docker
    does not say it.
    """
    asked = {name: Asked(root + "/etc/jetfleet/" + name) for name in names}
    for one in asked.values():
        one.start()
    shown = units([f"jetfleet-{name}.service" for name in names])
    end = time.monotonic() + ANSWER_SECONDS + 1
    for one in asked.values():
        one.join(max(0, end - time.monotonic()))
    nothing = {"active": "unknown", "uptime": None, "restarts": 0}
    found = {
        name: {**shown.get(f"jetfleet-{name}.service", nothing), **one.answer}
        for name, one in asked.items()
    }
    for name, said in _in_docker(contained).items():
        found[name].update(restarts_in_docker=said.get("restarts"), pid=said.get("pid", 0))
    for unit in found.values():
        pid = unit.pop("pid", 0)
        unit["work"] = work(root, pid) if unit["active"] == "activating" else None
    return found


def _in_docker(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return what Docker says of containers; nothing of any if it hangs."""
    try:
        said = containers(names)
    except (OSError, ValueError, subprocess.SubprocessError):
        said = {}
    return {name: said.get(name, {}) for name in names}


def readings(about: dict[str, Any], root: str = "") -> dict[str, Any]:
    """Return all readings by name."""
    parts: dict[str, Callable[[], Any]] = {
        "release": lambda: release(root),
        "model": lambda: model(root),
        "uptime": lambda: uptime(root),
        "temperatures": lambda: temperatures(root),
        "throttling": lambda: throttling(root),
        "over_current": lambda: over_current(root),
        "memory": lambda: memory(root),
        "disks": lambda: disks(about["disks"]),
        "power_mode": power_mode,
        "clocks": lambda: clocks(root),
        "boot": lambda: line_of(root + "/proc/sys/kernel/random/boot_id"),
        "kills": lambda: kills(root),
        "killed": lambda: killed(root),
        "services": lambda: services(root, about["services"], about.get("contained", ())),
    }
    found, errors = {}, {}
    for name, part in parts.items():
        try:
            found[name] = part()
        except Exception as error:  # noqa: BLE001 - one broken part must not hide the others
            errors[name] = str(error) or type(error).__name__
    return {**found, "errors": errors}


def main(about: dict[str, Any]) -> None:
    """Print the readings of `services`, those `contained` in a container, and `disks` (paths)."""
    print(json.dumps(readings(about)))
