"""A board that serves its models to its neighbours: the internet carries each byte once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import until
from tests.support.model_lab import COSMOS, DIRECTORY, NGC_KEY, Shelf, weights
from twins.standins import direct

HOSTS = ("first", "second", "third")
MODEL = "cosmos"
SIZE = 32 * 2**20
STORE = "files.ngc.nvidia.com"
SEED = "first"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    def edit(spec: Any) -> None:
        spec["hosts"][SEED]["models"] = {"seed": True}

    models = {MODEL: {"source": f"ngc:{COSMOS}", "api_key": NGC_KEY}}
    folder = tmp_path_factory.mktemp("seed")
    shelf = Shelf.of(folder, models, hosts=HOSTS, sizes={COSMOS: SIZE}, edit=edit)
    try:
        yield shelf
    finally:
        shelf.down()


def forget_models(shelf: Shelf, *hosts: str) -> None:
    for host in hosts:
        shelf.sh(host, f"rm -rf {DIRECTORY}/{MODEL}")
    shelf.forget()


def test_the_hub_serves_each_byte_once(shelf: Shelf) -> None:
    shelf.fetched()
    total = sum(file.size for file in shelf.locked(MODEL).values())
    assert all(shelf.is_whole(MODEL, host) for host in HOSTS)
    assert shelf.sent(STORE) <= 1.1 * total
    assert shelf.plan() == {}


def test_it_serves_only_verified_files_by_hash(shelf: Shelf) -> None:
    url = f"http://{shelf.fleet.ip(SEED)}:8470"
    file = weights(shelf.locked(MODEL))
    with direct.session() as session:
        part = session.get(f"{url}/{file.sha256}", headers={"Range": "bytes=10-19"}, timeout=10)
        assert (part.status_code, len(part.content)) == (206, 10)
        for path in ("/", "/../../etc/passwd", f"/{MODEL}", f"/{'0' * 64}", "/.jetfleet"):
            assert session.get(f"{url}{path}", timeout=10).status_code == 404, path


def test_a_seed_is_not_trusted(shelf: Shelf) -> None:
    """A seed whose disk lies costs time; the others end with the locked bytes."""
    file = weights(shelf.locked(MODEL))
    path = f"{shelf.folder(MODEL)}/{file.path}"
    shelf.sh(SEED, f"printf x | dd of={path} bs=1 seek=4321 conv=notrunc status=none")
    shelf.sh(SEED, f"touch -d @$(sed -n 's/^{file.sha256} [0-9]* \\([^ ]*\\) .*/\\1/p' "
                   f"{shelf.folder(MODEL)}/.jetfleet) {path}")  # fmt: skip
    forget_models(shelf, "second", "third")
    shelf.fetched()
    assert shelf.is_whole(MODEL, "second")
    assert shelf.is_whole(MODEL, "third")
    assert not shelf.is_whole(MODEL, SEED)
    shelf.fetched("--data", "deep=yes")
    assert shelf.is_whole(MODEL, SEED)


def test_without_its_seed_a_board_asks_the_hub(shelf: Shelf) -> None:
    forget_models(shelf, "second")
    shelf.sh(SEED, "systemctl stop jetfleet-seed")
    shelf.fetched("--limit", "second")
    assert shelf.is_whole(MODEL, "second")
    total = sum(file.size for file in shelf.locked(MODEL).values())
    assert total <= shelf.sent(STORE) <= 1.1 * total
    shelf.fetched()
    assert shelf.holds(SEED, "systemctl is-active --quiet jetfleet-seed")


def test_a_seed_that_fails_in_the_middle(shelf: Shelf) -> None:
    forget_models(shelf, "second", "third")
    wire = shelf.sh(SEED, "ls /sys/class/net | grep -v lo | head -n 1").strip()
    shelf.sh(SEED, f"tc qdisc add dev {wire} root tbf rate 80mbit burst 64k latency 400ms")
    run = shelf.begin()
    try:
        until(lambda: shelf.holds("second", "pidof aria2c"), "the fetch to begin")
        shelf.sh(SEED, "systemctl kill -s KILL jetfleet-seed; systemctl stop jetfleet-seed")
        assert run.wait(60) == 0
    finally:
        if run.poll() is None:
            run.kill()
            run.wait()
        shelf.sh(SEED, f"tc qdisc del dev {wire} root")
    assert shelf.is_whole(MODEL, "second")
    assert shelf.is_whole(MODEL, "third")


def test_no_more_boards_than_the_limit_fetch_at_once(shelf: Shelf) -> None:
    def limited(spec: Any) -> None:
        spec["limits"] = {"internet": 1}
        spec["hosts"][SEED]["models"] = {"seed": False}

    shelf.rewrite(limited)
    forget_models(shelf, *HOSTS)
    shelf.fault(match=f"{STORE}*safetensors", rate=4 * 2**20, times=None)
    run, most = shelf.begin(), 0
    try:
        while run.poll() is None:
            most = max(most, sum(shelf.holds(host, "pidof aria2c") for host in HOSTS))
        assert run.returncode == 0
    finally:
        shelf.no_faults()
        if run.poll() is None:
            run.kill()
            run.wait()
    assert most == 1
    assert all(shelf.is_whole(MODEL, host) for host in HOSTS)
    # Without a seed each board costs the internet a model.
    total = sum(file.size for file in shelf.locked(MODEL).values())
    assert shelf.sent(STORE) == len(HOSTS) * total
