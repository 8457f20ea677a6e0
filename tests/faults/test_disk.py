"""Disks that fill up, become read-only or fail: the next run converges, or says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jetfleet.cli.exit_codes import ExitCode
from tests.support.fetch_kills import CONNECTIONS, HOST, MODEL, RATE, SIZE, STORE, reached
from tests.support.lab import CAMPAIGN, errors, until
from tests.support.lab_cli import Jetfleet
from tests.support.model_lab import DIRECTORY, PEOPLENET, Shelf
from tests.support.pyinfra import pyinfra

FILL = "/mnt/nvme/of a person"
FULL = r"no space left on /mnt/nvme: \d+ MiB are free, \d+ MiB are needed; free some"
READ_ONLY = "the NVMe is read-only (/dev/nvme0n1 at /mnt/nvme): look at `dmesg`, run fsck"
BASE, MODELS, VERIFY = "deploys/base.py", "deploys/models.py", "deploys/verify.py"
CHECK = "umount /mnt/nvme; fsck -fy /dev/nvme0n1p1 >&2 || [ $? -lt 4 ]"

# `sudo` looks here first. Containers share the clock of their kernel, so a wrong clock can only be
# shown, and not set.
DATE = """cat > /usr/local/bin/date <<'END'
#!/bin/sh
[ "$*" != +%s ] || { echo $(( $(/bin/date +%s) + OFFSET )); exit; }
exec /bin/date "$@"
END
chmod 755 /usr/local/bin/date
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    models = {MODEL: {"source": f"ngc:{PEOPLENET}"}}
    shelf = Shelf.of(tmp_path_factory.mktemp("disk"), models, sizes={PEOPLENET: SIZE})
    try:
        shelf.fault(match=f"{STORE}*safetensors", rate=RATE // CONNECTIONS, times=None)
        yield shelf
    finally:
        shelf.down()


@pytest.fixture
def jetfleet(shelf: Shelf, tmp_path: Path) -> Jetfleet:
    return Jetfleet(shelf, tmp_path)


def converges(shelf: Shelf) -> None:
    """The next run converges, and leaves nothing behind."""
    shelf.fetched()
    assert shelf.left_behind() == ""
    assert shelf.is_whole(MODEL), shelf.sums(MODEL)


def remove_models(shelf: Shelf) -> None:
    shelf.sh(HOST, f"rm -rf {DIRECTORY}/* {DIRECTORY}/.fetching")


@contextmanager
def fetching(shelf: Shelf, log: Path, share: float) -> Iterator[None]:
    """A fetch from nothing that has got to a share of the model; it fails, and says why in a log.

    What is in the block happens to it.
    """
    remove_models(shelf)
    with log.open("w") as out:
        run = shelf.begin(stdout=out)
        try:
            until(lambda: reached(shelf, share * SIZE, run), f"{share:.0%} to be there")
            yield
            assert run.wait(120) == 1, log.read_text()
        finally:
            if run.poll() is None:
                run.kill()
                run.wait()


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95] if CAMPAIGN else [0.5])
def test_a_disk_that_fills_up_in_a_fetch(shelf: Shelf, tmp_path: Path, share: float) -> None:
    shelf.forget()
    with fetching(shelf, tmp_path / "log", share):
        shelf.sh(
            HOST,
            "free=$(df --output=avail -B1 /mnt/nvme | tail -n 1); "
            f"fallocate -l $free '{FILL}'; cat /dev/zero >> '{FILL}' || true",
        )
    try:
        said = (tmp_path / "log").read_text()
        assert re.search(f"could not fetch model {MODEL}: {FULL}", said), said
        refused = errors(shelf.fetch(), HOST)
        assert len(refused) == 1, refused
        assert "where 0 MiB are free" in refused[0], "the plan refuses before anything is sent"
    finally:
        shelf.sh(HOST, f"rm -f '{FILL}'")
    converges(shelf)
    sent = shelf.sent(f"{MODEL}/versions") / SIZE
    print(f"full at {share:.0%}: {sent:.3f} x the size")
    assert 0.95 < sent < 1.1 + share, "at most what was there is sent again"


CONTENTS = {"empty": ": >", "cut": "truncate -s 45", "rubbish": "head -c 500 /dev/urandom >"}


@pytest.mark.parametrize("write", CONTENTS.values(), ids=CONTENTS)
def test_control_files_that_aria2_refuses(shelf: Shelf, write: str) -> None:
    remove_models(shelf)
    run = shelf.begin()
    until(lambda: reached(shelf, 0.2 * SIZE, run), "a part to be there")
    run.kill()
    run.wait()
    shelf.sh(
        HOST,
        "systemctl kill -s KILL 'jetfleet-fetch-*'; sleep 1; "
        f"find {DIRECTORY}/.fetching -name '*.aria2' > /run/found; grep -q . /run/found; "
        f'while read -r c; do {write} "$c"; done < /run/found',
    )
    converges(shelf)


def test_run_without_room(shelf: Shelf) -> None:
    """Scripts and links of transient units are below /run."""
    remove_models(shelf)
    shelf.sh(
        HOST,
        "mkdir -p /run/jetfleet; mount -t tmpfs -o size=4k none /run/jetfleet; "
        "echo > /run/jetfleet/x",
    )
    try:
        said = errors(shelf.fetch(), HOST)
        assert len(said) == 1, said
        assert "/run/jetfleet/lease cannot be written: make room in /run" in said[0], said
    finally:
        shelf.sh(HOST, "umount /run/jetfleet")
    converges(shelf)


def read_only_everywhere(shelf: Shelf, jetfleet: Jetfleet) -> None:
    """Plan, status, drift, verify and apply say so, with the exit codes of a refused host."""
    plan = jetfleet("plan", "--deploy", MODELS, status=ExitCode.NOT_REACHED)
    assert READ_ONLY in plan.plan[HOST].reason
    status = jetfleet("status", "--deploy", MODELS, status=ExitCode.NOT_REACHED)
    assert READ_ONLY in " ".join(status.out.split())
    jetfleet("drift", "--deploy", MODELS, status=ExitCode.NOT_REACHED)
    for deploy in (VERIFY, MODELS):
        ran = shelf.fetch("--data", f"deploy={MODELS}", deploy=deploy)
        assert ran.status == 1, ran.log
        assert READ_ONLY in errors(ran, HOST)[0], ran.log


def test_a_disk_that_is_mounted_read_only(shelf: Shelf, jetfleet: Jetfleet) -> None:
    shelf.fetched()
    shelf.sh(HOST, "mount -o remount,ro /mnt/nvme")
    try:
        read_only_everywhere(shelf, jetfleet)
    finally:
        shelf.sh(HOST, "mount -o remount,rw /mnt/nvme")
    converges(shelf)


def break_filesystem(shelf: Shelf) -> None:
    """Let the kernel find an error in the filesystem of the NVMe."""
    of_mount = "grep ' /mnt/nvme ' /proc/self/mountinfo | cut -d' ' -f3"
    device = Path("/sys/dev/block") / shelf.sh(HOST, of_mount).strip()
    Path(f"/sys/fs/ext4/{device.resolve().name}/trigger_fs_error").write_text("a test")


def test_a_disk_that_the_kernel_makes_read_only(shelf: Shelf, jetfleet: Jetfleet) -> None:
    """As it does after an error, by the option in /etc/fstab."""
    shelf.fetched()
    assert "errors=remount-ro" in shelf.sh(HOST, "findmnt -n -o OPTIONS /mnt/nvme")
    break_filesystem(shelf)
    try:
        assert not shelf.holds(HOST, "touch /mnt/nvme/x")
        read_only_everywhere(shelf, jetfleet)
    finally:
        shelf.sh(HOST, CHECK)
    converges(shelf)


def test_a_disk_that_becomes_read_only_in_a_fetch(shelf: Shelf, tmp_path: Path) -> None:
    try:
        with fetching(shelf, tmp_path / "log", 0.3):
            break_filesystem(shelf)
    finally:
        shelf.sh(HOST, f"systemctl stop 'jetfleet-fetch-*'; {CHECK}")
    said = (tmp_path / "log").read_text()
    assert "read-only: look at `dmesg`, run fsck or replace the disk" in said, said
    converges(shelf)


@pytest.mark.parametrize(("offset", "refused"), [(-1795000000, True), (90, False)])
def test_a_clock_that_is_wrong(
    shelf: Shelf,
    jetfleet: Jetfleet,
    offset: int,
    refused: bool,  # noqa: FBT001 - a parameter
) -> None:
    remove_models(shelf)
    shelf.sh(HOST, DATE.replace("OFFSET", f"({offset})"))
    try:
        answer = jetfleet("plan", "--deploy", MODELS)
        plan = answer.plan[HOST]
        assert answer.status == (ExitCode.NOT_REACHED if refused else ExitCode.DIFFERENCES)
        said = plan.reason if refused else plan.notes[0]
        assert "the board thinks it is " in said, plan
        assert "`timedatectl set-ntp true` or `date -s`" in said
        assert (f"Fetch model {MODEL}: " in said) is refused
        assert "the board thinks it is" in answer.out
        status = jetfleet("status", "--deploy", MODELS)
        assert "the board thinks it is" in " ".join(status.out.split())
        ran = shelf.fetch()
        assert ran.status == int(refused), ran.log
    finally:
        shelf.sh(HOST, "rm -f /usr/local/bin/date")
    converges(shelf)


def test_a_full_disk_under_a_file_is_named(shelf: Shelf) -> None:
    """As /etc, or /var/lib/jetfleet, on a small root disk."""
    folder = "/etc/systemd/system/docker.service.d"
    shelf.sh(HOST, f"mkdir -p {folder}; mount -t tmpfs -o size=4k none {folder}; echo > {folder}/x")
    try:
        said = errors(pyinfra(shelf.inventory, BASE, "-y"), HOST)
        assert any(f"no space left on {folder}: 0 MiB are free" in line for line in said), said
    finally:
        shelf.sh(HOST, f"umount {folder}")
    ran = pyinfra(shelf.inventory, BASE, "-y")
    assert ran.status == 0, ran.log
