"""Fetches the files of a model that are missing or wrong, in a transient unit.

A file whose hash is right is kept, and one that another revision has is linked. The rest comes
from the seeds of the site, then from the hub, by aria2 with a Metalink: it goes on from the bytes
that are there and checks each hash. Links hold signatures: they are in root-only files below /run
while aria2 runs, and are cut off from whatever it prints.

When it fails it leaves JSON at the job's `status`: `reason`, and `kind`, which says what helps:

again     another try, with links that are new
denied    the same, once; if that fails too, a key that may read the model
proxy     the proxy in between refuses: a login that it takes, or the right to reach the hub
refused   another source, or another proxy in between: the server does not serve the file this way
ranges    another try, in one piece: the server answers wrongly when asked for parts
checksum  check the hub: what it sent has another hash than the lock
missing   another lock: the hub no longer has a file
tls       a right clock, and certificates: the board does not trust the server
person    what the reason says that a person must do
failed    none of these
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from jetfleet.board.aria2 import (
    COMMAND,
    IN_ONE_PIECE,
    SEEDS,
    can_resume,
    is_for_good,
    kind_of,
    number_of,
    plain,
    traces,
    worth_reading,
)
from jetfleet.board.disk import free, full, is_low, needed, trouble
from jetfleet.board.entry import InTheWay, mode_of, remove
from jetfleet.board.metalink import metalink
from jetfleet.board.model_folder import File, Folder
from jetfleet.board.proxy import with_proxy, without_proxy

LONGEST = 1000
"""Characters of a reason."""


WITHOUT_SEEDS = "its seeds do not have all of it, the rest came from the internet"
"""What is printed when the hub, or the registry, is asked after the seeds."""

REFUSED = 22
"""The exit status of aria2 for an answer that is not a success; the messages say which."""


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
        self.folder.prepare(self.suspects)
        self._write_content()
        try:
            wanted = self.wanted()
            if wanted:
                self._fetch(wanted)
        finally:
            for path in self.links.values():
                remove(path)
        files = [File(one) for one in self.job["files"]]
        self.folder.place(files, self.suspects, self.job["header"])

    def _write_content(self) -> None:
        """Write the files that came with the job, as those that need a key have to."""
        for path, content in self.job["content"].items():
            staged = self.folder.stage / path
            staged.parent.mkdir(parents=True, exist_ok=True)
            # A try that was killed may have left a link to the file of another revision here.
            remove(staged)
            staged.write_bytes(base64.b64decode(content))

    def wanted(self) -> list[int]:
        """Return the numbers of the files, from 1 on, that have to be fetched."""
        numbers = []
        for number, file in enumerate(self.suspects, start=1):
            if self.folder.has(file):
                continue
            # Without a whole control file it is no beginning of the file: it may have holes.
            if not can_resume(self.folder.stage / file.path, file.size):
                self._drop(file)
            if file.path in self.job["content"] or file.path in self.job["local"]:
                raise Failed(
                    f"{file.path}, which the workstation sent, has another sha256 than the lock"
                )
            numbers.append(number)
        return numbers

    def _drop(self, file: File) -> None:
        """Remove the beginning of a file, and what aria2 noted of it."""
        staged = self.folder.stage / file.path
        for path in (staged, *traces(staged)):
            remove(path)

    def _fetch(self, wanted: Sequence[int]) -> None:
        """Ask the seeds, and the hub for what they lack or have otherwise."""
        self._check_room(wanted)
        if self.job["seeds"]:
            urls = {
                one.path: [f"{seed}/{one.sha256}" for seed in self.job["seeds"]]
                for one in self.suspects
            }
            if self._aria2("seeds", urls, wanted)[0] == 0:
                return
            wanted = self.wanted()
            if wanted:
                print(WITHOUT_SEEDS, flush=True)
        status, lines = self._from_hub(wanted)
        kind = kind_of(status, lines) if status else ""
        if kind == "control":
            for number in wanted:
                self._drop(self.suspects[number - 1])
        if kind in {"control", "checksum"}:
            # As after a power cut that took bytes which were noted as written: it starts again.
            status, lines = self._from_hub(self.wanted())
        if status:
            raise self._failure(status, lines, wanted)

    def _missing(self, wanted: Sequence[int]) -> int:
        """Return the bytes that are still to be written."""
        missing = 0
        for number in wanted:
            file = self.suspects[number - 1]
            staged = self.folder.stage / file.path
            have = staged.stat().st_blocks * 512 if mode_of(staged) else 0
            missing += max(0, file.size - have)
        return missing

    def _check_room(self, wanted: Sequence[int]) -> None:
        """Raise Failed unless the disk has room for the files, and for the reserve."""
        missing, stage = self._missing(wanted), self.folder.stage
        if needed(missing) > free(stage):
            raise Failed(full(stage, missing), "person")

    def _failure(self, status: int, lines: Sequence[str], wanted: Sequence[int]) -> Failed:
        """Return why aria2 failed: first what the disk says, then its own messages."""
        stage = self.folder.stage
        if is_low(stage):
            return Failed(full(stage, self._missing(wanted)), "person")
        said = trouble(number_of(lines), stage, self._missing(wanted))
        return Failed(said, "person") if said else failure(status, lines)

    def _from_hub(self, wanted: Sequence[int]) -> tuple[int, list[str]]:
        return self._aria2("hub", self.job["urls"], wanted) if wanted else (0, [])

    def _aria2(
        self, name: str, urls: Mapping[str, Sequence[str]], wanted: Sequence[int]
    ) -> tuple[int, list[str]]:
        """Return how aria2 ended, and the lines that it printed, without signatures."""
        rate = self.job["rate"][name]
        write_private(self.links[name], metalink(self.suspects, urls))
        command = [
            *COMMAND,
            *(SEEDS if name == "seeds" else ()),
            *(IN_ONE_PIECE if self.job["one_piece"] else ()),
            *([f"--max-overall-download-limit={rate}"] if rate else []),
            f"--metalink-file={self.links[name]}",
            f"--select-file={','.join(map(str, wanted))}",
            f"--dir={self.folder.stage}",
        ]
        done = subprocess.Popen(
            command,
            env=without_proxy() if name == "seeds" else with_proxy(self.job["proxy"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines: list[str] = []
        with done, stopped_when_low(done, self.folder.stage):
            for line in done.stdout or ():
                lines.append(plain(line))
                if name == "seeds":  # a seed that is off is no error
                    continue
                print(lines[-1], flush=True)
                if is_for_good(lines[-1]):
                    return stopped(done), worth_reading(lines)
        return done.returncode, worth_reading(lines)


@contextmanager
def stopped_when_low(process: subprocess.Popen[str], folder: Path) -> Iterator[None]:
    """Stop aria2 as soon as the disk is almost full.

    It can save its control files then. A full disk cuts them off, and with them what it had.
    """
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            if is_low(folder):
                process.terminate()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def stopped(process: subprocess.Popen[str]) -> int:
    """End aria2 after a refusal for good, and return a status that says nothing more.

    It would ask for each of the other files, with pauses, before it ends by itself.
    """
    process.terminate()
    with suppress(ValueError):  # so that it is not held up by a full pipe
        process.communicate()
    return REFUSED


def failure(status: int, lines: Sequence[str]) -> Failed:
    """Return why aria2 failed, by its exit status and the codes in its messages."""
    if status < 0:
        return Failed("it was ended from outside, by a reboot or a kill", "again")
    spoilt = [line.partition("Checksum")[2] for line in lines if "Checksum error" in line]
    if spoilt:
        return Failed("checksum" + spoilt[0], "checksum")
    reason = " ".join(lines[-3:]) or f"aria2 ended with status {status} and no reason"
    kind = kind_of(status, lines)
    if kind in {"disk", "full"}:
        return Failed(f"{reason}: look at `dmesg` and at the disk, then run again", "person")
    return Failed(reason, "failed" if kind == "control" else kind)


def write_private(path: Path, text: str) -> None:
    """Write a file that root alone can read, from its first byte on."""
    remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(str(path), flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def reason_of(error: Exception, stage: Path) -> Failed:
    """Return an error as a failure; one of the disk says what to do about the disk."""
    if isinstance(error, Failed):
        return error
    if isinstance(error, InTheWay):
        return Failed(str(error), "person")
    if isinstance(error, OSError):
        place = Path(os.fsdecode(error.filename)) if error.filename else stage
        said = trouble(error.errno or 0, place)
        return Failed(said or str(error), "person" if said else "failed")
    return Failed(full(stage) if is_low(stage) else str(error))


def main(job: dict[str, Any]) -> None:
    """Fetch; leave why it failed, and nothing when it did not."""
    os.umask(0o022)
    status = Path(job["status"])
    try:
        remove(status)
        Fetch(job).run()
    except (Failed, InTheWay, OSError, subprocess.CalledProcessError) as error:
        failed = reason_of(error, Path(job["staging"]))
        new = status.with_name(status.name + "-new")
        with suppress(OSError):  # /run may be full itself: the reason is in the journal too
            write_private(new, json.dumps({"kind": failed.kind, "reason": str(failed)}))
            new.replace(status)
        sys.exit(str(failed))
