"""Fetches the files of a model that are missing or wrong, in a transient unit.

A file whose hash is right is kept, and one that another revision has is linked. The rest comes
from the seeds of the site, then from the hub, by aria2 with a Metalink: it goes on from the bytes
that are there and checks each hash. Links hold signatures: they are in root-only files below /run
while aria2 runs, and are cut off from whatever it prints.

When it fails it leaves JSON at the job's `status`: `reason`, and `kind`, which says what helps:

again     another try, with links that are new
ranges    another try, in one piece: the server answers wrongly when asked for parts
checksum  check the hub: what it sent has another hash than the lock
failed    none of these
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from jetfleet.board.model_folder import File, Folder, control_file

# aria2 1.36, tried out: a control file is saved each second, so that a kill costs about a second
# of transfer; without `none` a partial file has its full size and looks whole. The hash of the
# Metalink is checked before aria2 says that it is done.
ARIA2 = (
    "aria2c",
    "--no-conf=true",
    "--file-allocation=none",
    "--auto-save-interval=1",
    "--continue=true",
    "--check-integrity=true",
    "--allow-overwrite=true",
    "--auto-file-renaming=false",
    "--max-connection-per-server=4",
    "--split=4",
    "--min-split-size=4M",
    "--max-concurrent-downloads=2",
    "--uri-selector=inorder",
    "--max-tries=8",
    "--retry-wait=3",
    "--connect-timeout=15",
    "--timeout=30",
    "--max-file-not-found=2",
    "--console-log-level=error",
    "--summary-interval=0",
    "--show-console-readout=false",
    "--download-result=hide",
)
# Given the URLs of seeds and hub together, aria2 opens its connections to both at once: so seeds
# are asked on their own. They are near: who does not answer soon is off.
SEEDS = ("--max-tries=2", "--retry-wait=1", "--connect-timeout=5")
IN_ONE_PIECE = ("--split=1", "--max-connection-per-server=1")

# https://aria2.github.io/manual/en/html/aria2c.html#exit-status
TIMEOUT, NETWORK, STOPPED, RANGES, NAMES, CHECKSUM = 2, 6, 7, 8, 19, 32
AWAY = {TIMEOUT, NETWORK, STOPPED, NAMES}
EXPIRED_OR_BUSY = {403, 429, 502, 503}
ADVICE = ("aria2 will resume", "If there are any errors")
"""How the lines begin in which aria2 advises a person at a terminal."""

LONGEST = 1000
"""Characters of a reason."""


class Failed(Exception):
    """The model cannot be had in this try; `kind` says what helps."""

    def __init__(self, reason: str, kind: str = "failed") -> None:
        super().__init__(reason[:LONGEST])
        self.kind = kind


class Fetch:
    """One try to fetch what a job says."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.job = job
        self.folder = Folder(dict(job))
        self.suspects = [File(one) for one in job["suspects"]]
        self.links = {name: Path(f"{job['status']}.{name}.meta4") for name in ("seeds", "hub")}

    def run(self) -> None:
        """Fetch, verify and place the files; raise Failed."""
        self._write_content()
        try:
            wanted = self.wanted()
            if wanted:
                self._fetch(wanted)
        finally:
            for path in self.links.values():
                with suppress(FileNotFoundError):
                    path.unlink()
        files = [File(one) for one in self.job["files"]]
        self.folder.place(files, self.suspects, self.job["header"])

    def _write_content(self) -> None:
        """Write the files that came with the job, as those that need a key have to."""
        for path, content in self.job["content"].items():
            staged = self.folder.stage / path
            staged.parent.mkdir(parents=True, exist_ok=True)
            # A try that was killed may have left a link to the file of another revision here.
            with suppress(FileNotFoundError):
                staged.unlink()
            staged.write_bytes(base64.b64decode(content))

    def wanted(self) -> list[int]:
        """Return the numbers of the files, from 1 on, that have to be fetched."""
        numbers = []
        for number, file in enumerate(self.suspects, start=1):
            if self.folder.has(file):
                continue
            staged = self.folder.stage / file.path
            # Without its control file it is no beginning of the file: it may have holes.
            if not control_file(staged).is_file():
                with suppress(FileNotFoundError):
                    staged.unlink()
            if file.path in self.job["content"] or file.path in self.job["local"]:
                raise Failed(
                    f"{file.path}, which the workstation sent, has another sha256 than the lock"
                )
            numbers.append(number)
        return numbers

    def _fetch(self, wanted: Sequence[int]) -> None:
        """Ask the seeds, and the hub for what they lack or have otherwise."""
        if self.job["seeds"]:
            urls = {
                one.path: [f"{seed}/{one.sha256}" for seed in self.job["seeds"]]
                for one in self.suspects
            }
            if self._aria2("seeds", urls, wanted)[0] == 0:
                return
            wanted = self.wanted()
        status, lines = self._from_hub(wanted)
        if status == CHECKSUM:
            # As after a power cut that took bytes which were noted as written: it starts again.
            status, lines = self._from_hub(self.wanted())
        if status:
            raise failure(status, lines)

    def _from_hub(self, wanted: Sequence[int]) -> tuple[int, list[str]]:
        return self._aria2("hub", self.job["urls"], wanted) if wanted else (0, [])

    def _aria2(
        self, name: str, urls: Mapping[str, Sequence[str]], wanted: Sequence[int]
    ) -> tuple[int, list[str]]:
        """Return how aria2 ended, and the lines that it printed, without signatures."""
        write_private(self.links[name], metalink(self.suspects, urls))
        command = [
            *ARIA2,
            *(SEEDS if name == "seeds" else ()),
            *(IN_ONE_PIECE if self.job["one_piece"] else ()),
            *([f"--max-overall-download-limit={self.job['rate']}"] if self.job["rate"] else []),
            f"--metalink-file={self.links[name]}",
            f"--select-file={','.join(map(str, wanted))}",
            f"--dir={self.folder.stage}",
        ]
        done = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines = []
        with done:
            for line in done.stdout or ():
                lines.append(re.sub("[?][^ ]*", "", line.rstrip("\n")))
                if name != "seeds":  # a seed that is off is no error
                    print(lines[-1], flush=True)
        return done.returncode, [one for one in lines if one.strip() and not one.startswith(ADVICE)]


def failure(status: int, lines: Sequence[str]) -> Failed:
    """Return why aria2 failed, by its exit status and the codes in its messages."""
    if status < 0:
        return Failed("it was ended from outside, by a reboot or a kill", "again")
    text = "\n".join(lines)
    codes = {status, *map(int, re.findall(r"errorCode=(\d+)", text))}
    answers = set(map(int, re.findall(r"status=(\d+)", text)))
    spoilt = [line.partition("Checksum")[2] for line in lines if "Checksum error" in line]
    if spoilt:
        return Failed("checksum" + spoilt[0], "checksum")
    reason = " ".join(lines[-3:]) or f"aria2 ended with status {status} and no reason"
    if RANGES in codes:
        return Failed(reason, "ranges")
    again = codes & AWAY or answers & EXPIRED_OR_BUSY
    return Failed(reason, "again" if again else "failed")


def metalink(files: Sequence[File], urls: Mapping[str, Sequence[str]]) -> str:
    """Return Metalink 4 (RFC 5854) of the files: size, sha256, and URLs in order."""
    entries = []
    for file in files:
        listed = "".join(
            f'<url priority="{place}">{escape(url)}</url>'
            for place, url in enumerate(urls.get(file.path, ()), start=1)
        )
        entries.append(
            f"<file name={quoteattr(file.path)}><size>{file.size}</size>"
            f'<hash type="sha-256">{file.sha256}</hash>{listed}</file>\n'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">\n{"".join(entries)}</metalink>\n'
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that root alone can read, from its first byte on."""
    with suppress(FileNotFoundError):
        path.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(str(path), flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def main(job: dict[str, Any]) -> None:
    """Fetch; leave why it failed, and nothing when it did not."""
    os.umask(0o022)
    status = Path(job["status"])
    with suppress(FileNotFoundError):
        status.unlink()
    try:
        Fetch(job).run()
    except (Failed, OSError, subprocess.CalledProcessError) as error:
        kind = error.kind if isinstance(error, Failed) else "failed"
        new = status.with_name(status.name + "-new")
        write_private(new, json.dumps({"kind": kind, "reason": str(error)}))
        new.replace(status)
        sys.exit(str(error))
