"""What a board keeps of models: between revisions, of other clients, within limits; and prune."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from jetfleet.cli.lock import lock
from tests.support.lab import LLM, Spec
from tests.support.model_lab import DIRECTORY, PEOPLENET, Shelf, weights
from tests.support.pyinfra import BIN, ROOT

HOST = "orin"
SIZE = 8 * 10**6
OWN_BYTES = 12 * 2**20
HUB, OWN = "peoplenet", "own"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("kept")
    (folder / "own").mkdir()
    (folder / "own/weights.bin").write_bytes(os.urandom(OWN_BYTES))
    (folder / "own/card.txt").write_text("first\n")
    models = {HUB: {"source": f"ngc:{PEOPLENET}"}, OWN: {"source": "file:own"}}
    shelf = Shelf.of(folder, models, sizes={PEOPLENET: SIZE})
    try:
        ran = shelf.fetch(deploy=LLM)
        assert ran.status == 0, ran.log[-3000:]
        yield shelf
    finally:
        shelf.down()


def inode(shelf: Shelf, path: str) -> str:
    return shelf.sh(HOST, f"stat -c %i {path}").strip()


def received(shelf: Shelf) -> int:
    """Bytes that came to the board over its network."""
    counts = shelf.sh(HOST, "cat /sys/class/net/[!l]*/statistics/rx_bytes")
    return sum(map(int, counts.split()))


def prune(shelf: Shelf) -> str:
    done = subprocess.run(
        [str(BIN / "jetfleet"), "prune", str(shelf.spec), "-y"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def there(shelf: Shelf) -> set[str]:
    return set(shelf.sh(HOST, f"cd {DIRECTORY} && ls -d */*").split())


def test_equal_files_of_another_revision_are_linked_not_sent(shelf: Shelf) -> None:
    before = inode(shelf, f"{shelf.folder(OWN)}/weights.bin")
    first, count = shelf.folder(OWN), received(shelf)
    (shelf.spec.parent / "own/card.txt").write_text("second\n")
    lock(shelf.spec, [OWN], upgrade=True)
    assert shelf.folder(OWN) != first
    shelf.fetched()
    assert shelf.is_whole(OWN)
    assert inode(shelf, f"{shelf.folder(OWN)}/weights.bin") == before
    assert received(shelf) - count < OWN_BYTES / 2


def test_equal_files_of_another_revision_are_linked_not_fetched(shelf: Shelf) -> None:
    folder, file = shelf.folder(HUB), weights(shelf.locked(HUB))
    before = inode(shelf, f"{folder}/{file.path}")
    shelf.sh(HOST, f"mv {folder} {DIRECTORY}/{HUB}/older")
    shelf.forget()
    shelf.fetched()
    assert shelf.is_whole(HUB)
    assert inode(shelf, f"{folder}/{file.path}") == before
    assert shelf.sent("files.ngc.nvidia.com") == 0


def test_a_revision_that_was_damaged_is_not_linked(shelf: Shelf) -> None:
    folder, file = shelf.folder(HUB), weights(shelf.locked(HUB))
    shelf.sh(HOST, f"rm -r {folder}; truncate -s 5 {DIRECTORY}/{HUB}/older/{file.path}")
    shelf.forget()
    shelf.fetched()
    assert shelf.is_whole(HUB)
    assert shelf.sent("files.ngc.nvidia.com") == file.size


def test_prune_lists_and_removes_what_nothing_refers_to(shelf: Shelf) -> None:
    revision = shelf.folder(OWN).rpartition("/")[2]
    applied = next(
        name for name in there(shelf) if name.startswith("own/") and revision not in name
    )
    shelf.sh(HOST, f"mkdir -p {DIRECTORY}/mine/by-hand; echo precious > {DIRECTORY}/mine/by-hand/x")
    before = there(shelf)
    shelf.fetched()
    assert there(shelf) == before  # without permission nothing is removed
    said = prune(shelf)
    assert "peoplenet/older" in said
    assert there(shelf) == before - {f"{HUB}/older"}
    # The one that the last apply had goes when another apply has gone by.
    assert shelf.fetch(deploy=LLM).status == 0
    said = prune(shelf)
    assert applied in said
    assert "12 MiB" in said
    assert there(shelf) == before - {f"{HUB}/older", applied}
    assert shelf.sh(HOST, f"cat {DIRECTORY}/mine/by-hand/x") == "precious\n"
    assert shelf.is_whole(OWN)
    assert shelf.plan() == {}


def test_a_left_over_of_full_size_with_holes_is_not_believed(shelf: Shelf) -> None:
    folder, file = shelf.folder(HUB), weights(shelf.locked(HUB))
    shelf.sh(HOST, f"rm {folder}/.jetfleet; truncate -s 0 {folder}/{file.path}; "
                   f"truncate -s {file.size} {folder}/{file.path}")  # fmt: skip
    shelf.forget()
    ran = shelf.fetched()
    assert f"{file.path} of model {HUB} has holes" in ran.log
    assert shelf.is_whole(HUB)
    assert shelf.sent("files.ngc.nvidia.com") == file.size


def test_a_whole_left_over_is_verified_and_kept(shelf: Shelf) -> None:
    folder, file = shelf.folder(HUB), weights(shelf.locked(HUB))
    before = inode(shelf, f"{folder}/{file.path}")
    shelf.sh(HOST, f"rm {folder}/.jetfleet")
    shelf.forget()
    ran = shelf.fetched()
    assert f"{file.path} of model {HUB} was never verified" in ran.log
    assert inode(shelf, f"{folder}/{file.path}") == before
    assert shelf.sent("files.ngc.nvidia.com") == 0
    assert shelf.plan() == {}


def test_the_highest_rate_is_kept(shelf: Shelf) -> None:
    """Only the least time is asked for, which a busy machine cannot undercut."""

    def limited(spec: Spec) -> None:
        spec["defaults"]["models"]["max_rate"] = "1M"

    shelf.rewrite(limited)
    shelf.sh(HOST, f"rm -r {shelf.folder(HUB)}")
    began = time.monotonic()
    shelf.fetched()
    assert time.monotonic() - began > 0.9 * SIZE / 2**20
