"""A disk that leaves the spec: unmounted with prune, its data kept, and mounted again later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, Spec, no_reboot

HOST = "nano"
PRUNE = ("--data", "prune=yes")
MOUNTED = "findmnt -n /mnt/nvme"
FSTAB = "cat /etc/fstab || true"


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models", "docker"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    for name in ("groups", "services"):
        spec["hosts"][HOST].pop(name)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    try:
        yield lab
    finally:
        lab.down()


def test_a_disk_goes_and_comes_back_with_its_data(lab: Lab) -> None:
    before = lab.sh(HOST, FSTAB)
    lab.converge()
    line = lab.sh(HOST, FSTAB)
    storage = {}
    lab.sh(HOST, "echo words > /mnt/nvme/precious")
    lab.rewrite(lambda spec: storage.update(spec["defaults"].pop("storage")))
    lab.converge()
    assert lab.holds(HOST, MOUNTED)
    assert lab.plan() == {}
    row = "record | Remove files that are no longer in the spec"
    assert lab.plan(*PRUNE)[HOST] == [row]
    lab.converge(*PRUNE)
    assert not lab.holds(HOST, MOUNTED)
    assert lab.sh(HOST, FSTAB) == before
    assert lab.plan(*PRUNE) == {}
    lab.rewrite(lambda spec: spec["defaults"].update(storage=storage))
    lab.converge()
    assert lab.sh(HOST, "cat /mnt/nvme/precious") == "words\n"
    assert lab.sh(HOST, FSTAB) == line
