"""The keys of the hubs while models are fetched: they are nowhere but on the workstation."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import until
from tests.support.model_lab import (
    COSMOS,
    DIRECTORY,
    HF_TOKEN,
    MODELSCOPE_TOKEN,
    NGC_KEY,
    Shelf,
)
from twins import standins

HOST = "orin"
MODELS: dict[str, Any] = {
    "by-ngc": {"source": f"ngc:{COSMOS}", "api_key": NGC_KEY},
    "by-hf": {"source": "hf:google/gemma-3-1b-it", "api_key": HF_TOKEN},
    "by-modelscope": {
        "source": "modelscope:jetfleet-lab/own-qwen3-1.7b",
        "api_key": MODELSCOPE_TOKEN,
    },
}
SIZES = dict.fromkeys((COSMOS, "google/gemma-3-1b-it", "jetfleet-lab/own-qwen3-1.7b"), 3 * 2**20)
STORES = ("files.ngc.nvidia.com*", "cas-bridge.xethub.hf.co*", "cdn-lfs-cn-1.modelscope.cn*")
PLACES = "/etc /run /var /mnt /tmp /root /home /srv /opt /usr/local"
LOOK = f"""cat > /dev/shm/canaries
grep -rslaF -f /dev/shm/canaries {PLACES}
journalctl -q --no-pager -o export 2>/dev/null | grep -aF -f /dev/shm/canaries
for p in /proc/[0-9]*; do
  cat $p/cmdline $p/environ 2>/dev/null | tr '\\0' '\\n' | grep -aqF -f /dev/shm/canaries && echo $p
done
rm /dev/shm/canaries
true
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    shelf = Shelf.of(tmp_path_factory.mktemp("secrets"), MODELS, sizes=SIZES)
    try:
        yield shelf
    finally:
        shelf.down()


def found(shelf: Shelf) -> str:
    """Where a board has any of the keys: files, journal, arguments, environments."""
    canaries = "".join(f"{key}\n" for key in standins.secrets_of(shelf.state).values())
    done = shelf.fleet.exec(HOST, ["/bin/sh", "-c", LOOK], input=canaries)
    assert done.returncode == 0
    return done.stdout


def test_the_look_finds_what_is_there(shelf: Shelf) -> None:
    key = standins.secrets_of(shelf.state)["HF_TOKEN"]
    shelf.sh(HOST, f"echo {key} > /var/tmp/leak; logger {key}; sleep 60 {key} 2>/dev/null & true")
    assert "/var/tmp/leak" in found(shelf)
    shelf.sh(HOST, "rm /var/tmp/leak; journalctl -q --rotate; journalctl -q --vacuum-time=1ms")
    until(lambda: not found(shelf), "the planted key to be gone")


def test_no_key_is_on_a_board_nor_in_any_output(shelf: Shelf) -> None:
    for store in STORES:
        shelf.fault(match=store, rate=2**20, times=None)
    log = shelf.spec.with_name("output")
    with log.open("w") as output:
        run = shelf.begin("-vvv", "--debug", stdout=output, stderr=subprocess.STDOUT)
        try:
            for model in sorted(MODELS):
                fetching = f"pidof aria2c && ls {DIRECTORY}/.fetching/{model}"
                until(lambda f=fetching: shelf.holds(HOST, f), f"{model} to be fetched")
                assert found(shelf) == ""
            assert run.wait(120) == 0, log.read_text()[-3000:]
        finally:
            shelf.no_faults()
            if run.poll() is None:
                run.kill()
                run.wait()
    assert all(shelf.is_whole(model) for model in MODELS)
    assert found(shelf) == ""
    said = log.read_text() + shelf.spec.with_suffix(".twins.lock.yaml").read_text()
    said += shelf.spec.read_text() + shelf.fleet.logs(HOST)
    for name, key in standins.secrets_of(shelf.state).items():
        assert key not in said, name
    # The lock of what is signed: no link that is good for an hour is in a journal or left behind.
    assert "Signature=" not in said
    assert (
        shelf.sh(
            HOST,
            f"grep -rsla Signature= {PLACES} | grep -v '^/run/log/\\|^/var/log/journal' || true",
        )
        == ""
    )
    assert shelf.left_behind() == ""


def test_no_signature_is_printed_when_a_link_fails(shelf: Shelf) -> None:
    shelf.sh(HOST, f"rm -rf {DIRECTORY}/by-ngc")
    shelf.fault(match=STORES[0], status=404, times=None)
    try:
        ran = shelf.fetch("-vvv")
    finally:
        shelf.no_faults()
    assert ran.status == 1
    assert "could not fetch model by-ngc: " in ran.log, ran.log[-1500:]
    journal = shelf.sh(HOST, "journalctl -q --no-pager")
    assert "files.ngc.nvidia.com" in journal
    assert "Signature=" not in journal + ran.log
