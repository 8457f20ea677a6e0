"""Every source of models on one board: fetched, left alone, and repaired file by file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock.file import load_lock
from jetfleet.workstation.workstation import lock_path
from tests.support.lab import CAMPAIGN, until
from tests.support.model_lab import (
    DIRECTORY,
    HF_TOKEN,
    MODELSCOPE_TOKEN,
    NGC_KEY,
    PEOPLENET,
    Locked,
    Shelf,
    weights,
)
from tests.support.pyinfra import Ran
from twins.paths import cache_dir
from twins.standins.hubs.content import models as published

HOST = "orin"
OWN_BYTES = 20 * 2**20  # three pieces over SSH
STORE_OF = {
    "by-ngc": "files.ngc.nvidia.com/",
    "by-hf": "cas-bridge.xethub.hf.co/",
    "by-modelscope": "cdn-lfs-cn-1.modelscope.cn/",
    "by-ollama": "r2.cloudflarestorage.com/",
    "by-https": "models.example.org/",
}

STORE = "/mnt/nvme/ollama"

BUILT = {"by-ngc", "by-hf", "by-modelscope", "by-ollama", "by-https"}
"""The models that say how they are built: by a config.json, or by the header of a GGUF file."""


def sources() -> dict[str, Any]:
    """One model of each hub; most for those with a key."""
    gguf = next(m for m in published.publish(cache_dir()) if m.definition.hub == "web").files[0]
    return {
        "by-ngc": {"source": f"ngc:{PEOPLENET}", "api_key": NGC_KEY},
        "by-hf": {"source": "hf:google/gemma-3-1b-it", "api_key": HF_TOKEN},
        "by-modelscope": {
            "source": "modelscope:jetfleet-lab/own-qwen3-1.7b",
            "api_key": MODELSCOPE_TOKEN,
        },
        "by-ollama": {"source": "ollama:smollm2:135m"},
        "by-https": {
            "source": f"https://models.example.org/gguf/{gguf.path}",
            "sha256": gguf.sha256,
        },
        "by-file": {"source": "file:own"},
    }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "own/deep").mkdir(parents=True)
    (folder / "own/weights.bin").write_bytes(os.urandom(OWN_BYTES))
    (folder / "own/deep/a name.txt").write_text("with a blank\n")

    def edit(spec: Any) -> None:
        spec["defaults"]["models"]["ollama_store"] = STORE

    shelf = Shelf.of(folder, sources(), edit=edit)
    try:
        yield shelf
    finally:
        shelf.down()


@pytest.fixture(scope="module")
def ran(shelf: Shelf) -> Ran:
    shelf.forget()  # to lock a GGUF file is to read its header
    return shelf.fetched()


MODELS = sorted(sources())


def largest(shelf: Shelf) -> dict[str, Locked]:
    """The file of each model that is damaged."""
    return {model: weights(shelf.locked(model)) for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_it_is_fetched_whole(shelf: Shelf, ran: Ran, model: str) -> None:
    del ran
    assert shelf.is_whole(model)


def test_the_lock_says_how_each_is_built(shelf: Shelf) -> None:
    locked = load_lock(lock_path(shelf.spec)).models
    assert {name for name, model in locked.items() if model.architecture} == BUILT


def test_bytes_are_sent_once_and_nothing_is_left(shelf: Shelf, ran: Ran) -> None:
    del ran
    for model, store in STORE_OF.items():
        files = shelf.locked(model).values()
        by_store = files if model in {"by-ngc", "by-https"} else [
            # The others give small files themselves, or have them in the lock.
            file for file in files if "blobs/" in file.path or file.path.endswith(".safetensors")
        ]  # fmt: skip
        assert shelf.sent(store) == sum(file.size for file in by_store), model
    assert shelf.left_behind() == ""


def test_a_second_run_does_nothing(shelf: Shelf, ran: Ran) -> None:
    del ran
    shelf.forget()
    assert shelf.plan() == {}
    assert shelf.plan("--data", "deep=yes") == {}
    again = shelf.fetched()
    assert all(not row["success"] for row in again.report["results"]["operations"])
    assert shelf.served() == {}


def test_a_user_who_is_not_root_can_read_it(shelf: Shelf, ran: Ran) -> None:
    del ran
    read = f"find {DIRECTORY} -type f -exec cat {{}} + | wc -c"
    # As a container does that runs with `--user`: another user, in none of root's groups.
    by_stranger = shelf.sh(
        HOST, f"setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '{read}'"
    )
    assert by_stranger == shelf.sh(HOST, read)


def test_an_ollama_store_has_it(shelf: Shelf, ran: Ran) -> None:
    del ran
    files = shelf.locked("by-ollama")
    for path, file in files.items():
        assert shelf.sh(HOST, f"sha256sum < {STORE}/{path}").split()[0] == file.sha256
    manifest = next(path for path in files if path.startswith("manifests/"))
    # A server that adds a model of its own in between loses nothing.
    shelf.sh(HOST, f"touch {STORE}/blobs/sha256-own; rm {STORE}/{manifest}")
    assert shelf.plan() == {HOST: [f"models | Put by-ollama into {STORE}"]}
    shelf.fetched()
    assert shelf.sh(HOST, f"ls {STORE}/blobs/sha256-own")


TRUNCATED = "truncate -s 1000 {path}"
DELETED = "rm {path}"
HOLES = "size=$(stat -c %s {path}); rm {path}; truncate -s $size {path}"
ONE_BYTE = (
    "touch -r {path} /tmp/time; at=$(($(stat -c %s {path}) / 2)); "
    "byte=$(od -An -tu1 -j $at -N 1 {path}); "
    'printf "\\\\$(printf %o $(((byte + 1) % 256)))" | '
    "dd of={path} bs=1 seek=$at conv=notrunc status=none; touch -r /tmp/time {path}"
)
HOLES_IN_TIME = f"touch -r {{path}} /tmp/then; {HOLES}; touch -r /tmp/then {{path}}"


SAMPLE = {  # each source once, each damage at least once
    "by-ngc": HOLES,
    "by-hf": ONE_BYTE,
    "by-modelscope": TRUNCATED,
    "by-ollama": DELETED,
    "by-https": HOLES_IN_TIME,
    "by-file": ONE_BYTE,
}
IN_TIME = (ONE_BYTE, HOLES_IN_TIME)
"""What only a look at every byte can find."""


EACH = [
    dict.fromkeys(MODELS, by) for by in (TRUNCATED, DELETED, HOLES, ONE_BYTE, HOLES_IN_TIME)
]  # fmt: skip


@pytest.mark.parametrize("wrong", [SAMPLE, *EACH] if CAMPAIGN else [SAMPLE])
def test_exactly_the_damaged_file_is_fetched_again(
    shelf: Shelf, ran: Ran, wrong: dict[str, str]
) -> None:
    del ran
    deep = ("--data", "deep=yes")
    damaged = largest(shelf)
    for model, file in damaged.items():
        shelf.sh(HOST, wrong[model].format(path=f"{shelf.folder(model)}/{file.path}"))
    before = identities(shelf)
    shelf.forget()
    rows = shelf.plan().get(HOST, [])
    assert {row.rpartition(" ")[2] for row in rows if "Fetch" in row} == {
        model for model in MODELS if wrong[model] not in IN_TIME
    }
    checked = shelf.fetch(*deep, deploy="deploys/verify.py")
    assert checked.status == 1
    for model, file in damaged.items():
        assert f"{file.path} of model {model}" in checked.log
    shelf.fetched(*deep)
    for model, file in damaged.items():
        assert shelf.is_whole(model), model
        if model in STORE_OF:
            assert shelf.sent(STORE_OF[model]) == file.size, model
    after = identities(shelf)
    touched = {path for path in before if after[path] != before.get(path)}
    names = {f"{shelf.folder(model)}/{file.path}" for model, file in damaged.items()}
    assert {path for path in touched if not path.endswith("/.jetfleet")} <= names
    assert shelf.fetch(*deep, deploy="deploys/verify.py").status == 0


def test_an_upload_that_is_killed_goes_on_where_it_was_and_keeps_to_its_rate(
    shelf: Shelf, ran: Ran
) -> None:
    del ran

    def slow(spec: Any) -> None:
        spec["defaults"]["models"]["max_rate"] = "4M"

    def staged() -> int:
        size = shelf.sh(HOST, f"du -s -B1 {DIRECTORY}/.fetching 2>/dev/null || echo 0")
        return int(size.split()[0])

    shelf.rewrite(slow)
    shelf.sh(HOST, f"rm -rf {DIRECTORY}/by-file")
    run = shelf.begin()
    began = time.monotonic()
    until(lambda: staged() >= OWN_BYTES / 2, "half of it to be there")
    # At four of the twenty megabytes a second, half of it takes two seconds at least.
    assert time.monotonic() - began > OWN_BYTES / 2 / 4 / 2**20 - 1
    run.kill()
    run.wait()
    before = wire_bytes(shelf)
    shelf.fetched()
    # Half of it, in base64, and the survey; the whole would be 27 MB.
    assert wire_bytes(shelf) - before < OWN_BYTES * 0.9
    assert shelf.is_whole("by-file")
    assert shelf.left_behind() == ""


def wire_bytes(shelf: Shelf) -> int:
    """Bytes that went over the board's wire to it, as the workstation's side counts them."""
    wire = f"vb-{shelf.fleet.network.machine(shelf.fleet.hosts[HOST].address)}"
    return int(Path(f"/sys/class/net/{wire}/statistics/tx_bytes").read_text())


def identities(shelf: Shelf) -> dict[str, str]:
    """Inode and time of every file."""
    out = shelf.sh(HOST, f"find {DIRECTORY} -type f -printf '%i %T@ %p\\n'")
    return {line.split(" ", 2)[2]: line.rsplit(" ", 1)[0][:40] for line in out.splitlines()}
