"""Everything that jetfleet keeps on a board, and what becomes of it when it is damaged.

`docs/reliability.md` has this table; tests/hostile/test_own_state.py and
tests/hostile/test_fetch_after_faults.py try each row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Own:
    """One kind of file.

    Parameters
    ----------
    path:
        On the board; NAME is a service, MODEL a folder of a model, DIR that of all models.
    content:
        What is in it.
    until:
        When it goes.
    written:
        How it is written, so that a power cut leaves it whole.
    damaged:
        What the next apply does if it is cut off, or something else is in its place.

    """

    path: str
    content: str
    until: str
    written: str
    damaged: str


RENAMED = "synced, renamed, folder synced"
WRITTEN_AGAIN = "is written again; a full folder in its place is named, for a person to move"

OWN: tuple[Own, ...] = (
    Own("/etc/jetfleet/NAME/*", "settings and secrets of a service", "the service goes",
        RENAMED, WRITTEN_AGAIN),
    Own("/etc/systemd/system/jetfleet-*.service", "units", "the service goes", RENAMED,
        WRITTEN_AGAIN),
    Own("/etc/systemd/system/docker.service.d/jetfleet.conf", "what dockerd starts with", "never",
        RENAMED, WRITTEN_AGAIN),
    Own("/usr/local/lib/jetfleet/*", "programs that units run", "never", RENAMED, WRITTEN_AGAIN),
    Own("/etc/jetfleet/NAME/*.jetfleet-kept", "a file that a person changed, and the spec left",
        "a person removes it", "renamed", "is never touched again"),
    Own("/run/jetfleet/clocks-*", "the clocks before they were pinned", "a boot", "renamed",
        "the clocks are freed to the lowest that the board has"),
    Own("/etc/docker/daemon.json.jetfleet-old", "the previous daemon.json", "Docker has started",
        RENAMED, "is removed once Docker runs with the settings of the spec"),
    Own("/var/lib/jetfleet/docker-items.json", "what jetfleet put into lists of daemon.json",
        "never", RENAMED, "these items stay in daemon.json when they leave the spec"),
    Own("/var/lib/jetfleet/docker-moved", "folders that Docker's data were moved from",
        "a run with `prune`", RENAMED, "the folders stay"),
    Own("DATA_ROOT/.jetfleet-copy", "that Docker has not started with the copy yet",
        "Docker has started", RENAMED, "the copy is not marked, and the old folder stays"),
    Own("/etc/fstab", "one line for the NVMe", "never", RENAMED, "the line is written again"),
    Own("/var/lib/jetfleet/applied.json", "what was applied, and what was put there", "never",
        RENAMED, "nothing is removed, a note says so, and it is written again"),
    Own("/var/lib/jetfleet/services/NAME/starting.tar", "the settings of the present start",
        "the service is ready", "read again, synced, renamed",
        "is written again by the next start"),
    Own("/var/lib/jetfleet/services/NAME/ready.tar", "the settings with which it was last ready",
        "the service goes", "renamed from starting.tar",
        "settings that fail are not put back, and the failure says so"),
    Own("/var/lib/jetfleet/pulls/*", "in which boot a pull began",
        "the image is on the disk, all of it", RENAMED,
        "what was pulled is not relied on, and is pulled again"),
    Own("/run/jetfleet/NAME.started", "hashes of what a service was started with", "a boot",
        "renamed", "the service is started again"),
    Own("/run/jetfleet/docker-started-with.json", "the daemon.json of dockerd's start", "a boot",
        "copied", "Docker is started again, and makes a new one"),
    Own("/run/jetfleet/jetfleet-*.sh", "the script of a transient unit", "its unit has started",
        RENAMED, WRITTEN_AGAIN),
    Own("/run/jetfleet/jetfleet-fetch-*.json", "why a fetch failed", "the next fetch", "renamed",
        "is removed by the next fetch"),
    Own("/run/jetfleet/jetfleet-fetch-*.meta4", "signed links of a fetch", "the fetch has ended",
        "never read again", "is removed by the next fetch"),
    Own("/run/jetfleet/lock", "who changes the board, and since when", "a boot", "in place",
        "is made again"),
    Own("/var/lib/jetfleet/lease", "which run has the board, or had it last", "never",
        "over the line before the last, synced, exchanged with the last, folder synced",
        "holds nobody; the line before the last, `lease.spare`, says which token is the next"),
    Own("/var/lib/jetfleet/audit.jsonl*", "what has changed the board",
        "the file after the next is full", "appended, synced",
        "a half line is closed, and the chain goes on"),
    Own("/run/jetfleet/lease", "until when that run has it", "a boot", "renamed",
        "the lease holds from the take, or from the boot"),
    Own("DIR/.fetching/MODEL/*", "files that are being fetched", "the model is complete",
        "synced before the rename of the folder",
        "is fetched again, if its hash or its control file is wrong"),
    Own("DIR/.fetching/MODEL/*.aria2", "which parts of a file are there", "the file is complete",
        "renamed by aria2 each second", "is dropped with its file, which is fetched again"),
    Own("DIR/MODEL/*", "the files of a model", "nothing refers to it (`jetfleet prune`)",
        "the folder is renamed",
        "a file whose size or time differs is hashed, and fetched if it is wrong"),
    Own("DIR/MODEL/.jetfleet", "the marker: hash, size and time of each file", "the model goes",
        "synced, renamed, filesystem synced", "all files are hashed, and it is written again"),
    Own("DIR/.removing", "models that are being removed", "the removal has ended",
        "models are renamed into it", "is removed by the next removal"),
)  # fmt: skip
