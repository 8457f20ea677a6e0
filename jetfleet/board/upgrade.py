"""Upgrades L4T to a later release of its major by NVIDIA's own packages.

`prepare` changes nothing but a folder of its own: it asks the new release what it has, simulates
the upgrade, and refuses it if anything is wrong. `install` downloads all packages before it changes
one. `check` is asked after the reboot. A record in the folder tells the next run of one that died:
which packages were held, and what is still to be done.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any, Mapping

from jetfleet.board.debian import (
    FOLDER,
    INSTALLS,
    OWN,
    REMOVES,
    SOURCES,
    URI,
    Failed,
    additional,
    apt,
    hold,
    installed,
    lines_of,
    offered,
    run,
    shown,
    tail,
    to_release,
    unfinished,
    write_sources,
)
from jetfleet.board.foreign_json import UnreadableJson, read_object
from jetfleet.board.place import Unsafe, place_of

RECORD = "record.json"
MOST = 1 << 20
CORE = "nvidia-l4t-core"
KERNEL = "nvidia-l4t-kernel"
RESERVE = 1 << 29
"""Bytes that stay free on each disk."""

RELEASE = "/etc/nv_tegra_release"
REQUIRED = "/run/reboot-required"
FIRST_LINE = re.compile(r"^# R(\d+) \(release\), REVISION: (\d+)\.(\d+)", re.MULTILINE)


def parts(version: str) -> list[int]:
    """Return the three numbers of a release at the beginning of a version; none without them."""
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return [int(number) for number in found.groups()] if found else []


def suite(release: str) -> str:
    """Return how apt's sources call a release: 36.5.0 is in r36.5."""
    return f"r{'.'.join(release.split('.')[:2])}"


def reaches(version: str, release: str) -> bool:
    """Tell whether a version is the release, or a later patch of it."""
    have, want = parts(version), parts(release)
    return have[:2] == want[:2] and have >= want


def boot_id() -> str:
    """Return the number of this boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def read_record() -> dict[str, Any]:
    """Return what an upgrade that has not ended has written down; empty without one."""
    try:
        with place_of(FOLDER) as place:
            return read_object(place.read(RECORD, MOST))
    except (OSError, UnreadableJson):
        return {}


def write_record(record: Mapping[str, Any]) -> None:
    """Write down how far the upgrade is."""
    with place_of(FOLDER, make=True) as place:
        place.write(RECORD, json.dumps(record).encode(), mode=0o600)


def repair() -> None:
    """Let dpkg finish what was interrupted."""
    run("dpkg", "--force-confdef", "--force-confold", "--configure", "-a")
    shown(*apt("-y", "--fix-broken", "--no-install-recommends", "install"))


class Plan:
    """What the upgrade would do now, by apt's own simulation."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.have = installed()
        self.offered = offered(suite(release))
        self.names = sorted(self.offered & set(self.have))
        self.words = ["--allow-change-held-packages", "--no-install-recommends", "install"]
        self.words += self.names
        self.held = lines_of("apt-mark", "showhold")

    def check(self) -> None:
        """Raise Failed if the upgrade would not be a whole one, or touch what it must not."""
        if CORE not in self.offered:
            raise Failed(
                f"NVIDIA's apt source has no {CORE} in {suite(self.release)}: check that the board "
                "reaches it, and that the release exists"
            )
        done = run(*apt("-s", *self.words))
        if done.returncode:
            raise Failed(f"apt cannot upgrade to {self.release}: {tail(done.stderr)}")
        new = dict(INSTALLS.findall(done.stdout))
        self._check_release({**self.have, **new})
        gone = REMOVES.findall(done.stdout)
        if gone:
            raise Failed(
                f"the upgrade would remove {', '.join(gone)}: remove them by hand first if you do "
                "not need them, or flash the board"
            )
        others = sorted(set(new) & set(self.held) - self.offered)
        if others:
            raise Failed(
                f"the upgrade needs another {', '.join(others)}, which is held: upgrade it first, "
                "or flash the board"
            )

    def _check_release(self, after: Mapping[str, str]) -> None:
        found = after.get(CORE, "")
        if not reaches(found, self.release):
            raise Failed(
                f"{suite(self.release)} of NVIDIA's apt source has {CORE} {found}, and the spec "
                f"says {self.release}: write that release"
            )
        lacking = sorted(
            name
            for name in self.have
            if name.startswith("nvidia-l4t-") and name not in self.offered
        )
        if lacking:
            raise Failed(
                f"{suite(self.release)} of NVIDIA's apt source lacks {', '.join(lacking)}: of "
                "another vendor's board ask that vendor, else remove them first"
            )

    def room(self) -> int:
        """Return the bytes to download; raise Failed if the disk lacks the room for the upgrade."""
        said = run(*apt("--print-uris", *self.words)).stdout
        size, more = sum(map(int, URI.findall(said))), additional(said)
        for path, need in ((FOLDER, size + more), ("/usr", more), ("/boot", 0)):
            found = os.statvfs(path)
            free = found.f_bavail * found.f_frsize
            if free < need + RESERVE:
                raise Failed(
                    f"{path} has {free >> 20} MiB free, and the upgrade needs "
                    f"{(need + RESERVE) >> 20} MiB: free some"
                )
        return size


def prepare(job: Mapping[str, Any]) -> None:
    """Print how many packages and bytes the upgrade takes; raise Failed if it must not begin."""
    try:
        _prepare(job)
    except BaseException:
        if not read_record():
            # Downloads stay for the next run.
            for name in ("lists", "sources.list.d"):
                shutil.rmtree(f"{FOLDER}/{name}", ignore_errors=True)
        raise


def _prepare(job: Mapping[str, Any]) -> None:
    if read_record():
        run("dpkg", "--force-confdef", "--force-confold", "--configure", "-a")
    elif unfinished():
        raise Failed("dpkg has not finished packages: run `dpkg --configure -a` on the board first")
    write_sources(suite(job["to"]))
    updated = run(*apt("update"))
    if read_record():
        repair()
    plan = Plan(job["to"])
    try:
        plan.check()
    except Failed as error:
        why = f" (apt-get update: {tail(updated.stderr)})" if updated.stderr.strip() else ""
        raise Failed(f"{error}{why}") from error
    size = plan.room()
    print(json.dumps({"packages": len(plan.names), "bytes": size}))


def services() -> list[str]:
    """Return the units of services that run in containers of jetfleet."""
    command = ("systemctl", "list-units", "--plain", "--no-legend")
    found = lines_of(*command, "--state=active,activating,reloading", "jetfleet-*.service")
    units = [line.split()[0] for line in found if line.strip()]
    names = {unit: unit[len("jetfleet-") : -len(".service")] for unit in units}
    return [unit for unit, name in names.items() if os.path.isdir(f"/etc/jetfleet/{name}")]


def install(job: Mapping[str, Any]) -> None:
    """Download all packages, then install them; whatever happens, what was held is held again."""
    plan = Plan(job["to"])
    plan.check()
    plan.room()
    print(f"downloading {len(plan.names)} packages of L4T {job['to']}", flush=True)
    shown(*apt("-y", "--download-only", *plan.words))
    old = read_record()
    auto = set(lines_of("apt-mark", "showauto")) & set(plan.names)
    record = {
        "from": old.get("from") or job["from"],
        "to": job["to"],
        "phase": "install",
        "boot": boot_id(),
        "held": sorted({*plan.held, *old.get("held", ())}),
        "auto": sorted({*auto, *old.get("auto", ())}),
    }
    write_record(record)
    stopped = services()
    try:
        # They use libraries and the GPU's driver, which are replaced under them.
        if stopped:
            shown("systemctl", "stop", *stopped)
        _install(plan, record)
    except BaseException:
        if stopped:
            run("systemctl", "start", "--no-block", *stopped)
        raise
    finish(record)


def _install(plan: Plan, record: Mapping[str, Any]) -> None:
    try:
        try:
            shown(*apt("-y", *plan.words))
        except Failed:
            # A package that failed once can be whole with the others there.
            repair()
            shown(*apt("-y", *plan.words))
    finally:
        mark(record)
    version = installed().get(CORE, "")
    if not reaches(version, record["to"]):
        raise Failed(f"{CORE} is {version} after the upgrade, not {record['to']}")
    left = unfinished()
    if left:
        raise Failed(f"dpkg has not finished packages: {tail(left)}")


def mark(record: Mapping[str, Any]) -> None:
    """Hold again what was held, and mark again what came as a dependency of others."""
    there = installed()
    hold([name for name in record["held"] if name in there])
    auto = [name for name in record["auto"] if name in there]
    if auto:
        lines_of("apt-mark", "auto", *auto)


def finish(record: Mapping[str, Any]) -> None:
    """Let apt's sources have the new release, and say that the board needs a reboot."""
    with place_of(SOURCES) as place:
        for name in sorted(os.listdir(place.fd)):
            if name.startswith(OWN) and name.endswith((".list", ".sources")):
                old = place.read(name, MOST).decode("utf-8", "surrogateescape")
                new = to_release(old, suite(record["to"]))
                if new != old:
                    place.write(name, new.encode("utf-8", "surrogateescape"))
    write_record({**record, "phase": "reboot", "boot": boot_id()})
    for name in ("lists", "cache", "sources.list.d"):
        shutil.rmtree(f"{FOLDER}/{name}", ignore_errors=True)
    # Debian Policy 9.3.2.
    for path, text in ((REQUIRED, "*** System restart required ***\n"), (f"{REQUIRED}.pkgs", CORE)):
        with open(path, "a", encoding="ascii") as file:
            file.write(f"{text.strip()}\n")


def check(job: Mapping[str, Any]) -> None:
    """Remove the record if the board runs the new release; raise Failed if it does not."""
    with open(RELEASE, encoding="utf-8", errors="replace") as file:
        found = FIRST_LINE.search(file.read(MOST))
    release = ".".join(found.groups()) if found else "an unknown release"
    if not reaches(release, job["to"]):
        raise Failed(f"the board runs L4T {release} after the upgrade to {job['to']}")
    version = installed().get(KERNEL, "")
    kernel = version.partition("-tegra")[0] + "-tegra" if "-tegra" in version else ""
    if kernel and os.uname().release != kernel:
        raise Failed(
            f"the board booted the kernel {os.uname().release}, and the upgrade brought {kernel}: "
            "look at /boot/extlinux/extlinux.conf, and reboot"
        )
    with place_of(FOLDER) as place:
        place.remove(RECORD)
    with suppress(OSError):
        os.rmdir(FOLDER)


def ended(number: int, _: object) -> None:
    """Let a signal end the program by an exception, so that packages are held again."""
    sys.exit(128 + number)


def main(job: Mapping[str, Any]) -> None:
    """Do what `action` of the job says: prepare, install or check."""
    signal.signal(signal.SIGTERM, ended)
    actions = {"prepare": prepare, "install": install, "check": check}
    try:
        actions[job["action"]](job)
    except (Failed, Unsafe) as error:
        sys.exit(str(error))
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"the upgrade of L4T cannot go on: {error}")
