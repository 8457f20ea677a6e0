"""Reads whether filesystems can be written: their mount options, one small write, and the SSD.

Nothing is left behind, and the data of no file is changed: the write goes to a file without a name.
"""

from __future__ import annotations

import errno
import json
import os
import select
from typing import Any

from jetfleet.board.foreign_json import read_object
from jetfleet.board.mounts import mounts

NO_TMPFILE = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}
"""How a kernel or a filesystem says that it has no files without a name: open(2), O_TMPFILE."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}

NO_ANSWER = "no answer"
WRITE_SECONDS = 10
"""How long the write may take; a disk that is busy with a fetch needs some."""

SMART_SECONDS = 5


def write_error(folder: str) -> str:
    """Return the name of the error that a small write to a folder ends with; empty without one.

    A full filesystem is no such error: it can be written as soon as there is room.
    """
    try:
        try:
            place = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
        except OSError as error:
            if error.errno not in NO_TMPFILE:
                raise
            import tempfile  # noqa: PLC0415 - hardly any filesystem needs it

            place, path = tempfile.mkstemp(prefix=".jetfleet-write-", dir=folder)
            os.unlink(path)
        try:
            os.write(place, b"jetfleet")
        finally:
            os.close(place)
    except OSError as error:
        return "" if error.errno in NO_ROOM else errno.errorcode.get(error.errno or 0, str(error))
    return ""


def write_error_in_time(folder: str, seconds: float = WRITE_SECONDS) -> str:
    """Return `write_error`, or that there was no answer.

    A write to a dead disk can hang so that no signal ends it. So a child of its own makes it, with
    none of our files open, and is left to the kernel if it does not answer.
    """
    answer, told = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            for number in (0, 1, 2):
                os.close(number)
            os.write(told, (write_error(folder) or "ok").encode())
        os._exit(0)
    os.wait()
    os.close(told)
    ready = select.select([answer], [], [], seconds)[0]
    said = os.read(answer, 100).decode() if ready else NO_ANSWER
    os.close(answer)
    return "" if said == "ok" else said or NO_ANSWER


def critical_warning(device: str) -> int:
    """Return the bits by which an NVMe warns of itself, 0 if it does not or cannot be asked.

    NVM Express Base Specification, SMART / Health Information: critical warning.
    """
    # Most boards lack the program, and these modules take as long to import as all the rest.
    paths = os.environ.get("PATH", os.defpath).split(":")
    if not device.startswith("/dev/nvme") or not any(os.path.isfile(f"{p}/nvme") for p in paths):
        return 0
    import subprocess  # noqa: PLC0415

    try:
        said = subprocess.run(
            ["nvme", "smart-log", "-o", "json", device],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SMART_SECONDS,
            check=True,
        ).stdout
        value = read_object(said)["critical_warning"]
        # Later versions of nvme-cli print an object of the bits beside their value.
        return int(value["value"] if isinstance(value, dict) else value)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return 0


def main(job: dict[str, Any]) -> None:
    """Print a line of JSON for each disk of `disks` (`device`, `mount`)."""
    mounted = {mount.target: mount for mount in mounts()}
    for disk in job["disks"]:
        found = mounted.get(disk["mount"])
        about = {
            "mount": disk["mount"],
            "options": sorted(found.options) if found else [],
            "error": write_error_in_time(disk["mount"]) if found else "",
            "warning": critical_warning(disk["device"]),
        }
        print("health " + json.dumps(about))
