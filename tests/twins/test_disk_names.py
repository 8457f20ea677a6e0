"""A disk by its stable names: partitioned once, and the same disk by each of them afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, Spec, no_reboot

BY_ID = "/dev/disk/by-id/nvme-TWIN_NVMe_SSD"
RECORD = "record | Record what was applied (/var/lib/jetfleet/applied.json)"
ENDS_IN_A_DIGIT = "/dev/disk/by-id/nvme-TWIN_1"


def only_storage(spec: Spec) -> None:
    """Leave the board with its disk alone, named by a link that udev makes."""
    no_reboot(spec)
    spec["defaults"] = {"storage": {**spec["defaults"]["storage"], "device": BY_ID}}
    for host in spec["hosts"].values():
        host["groups"] = []
        host.pop("services", None)
    for section in ("groups", "models"):
        spec.pop(section)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab.up(tmp_path_factory.mktemp("disk"), ["nano"], only_storage)
    yield one
    one.down()


def test_a_disk_is_the_same_by_each_of_its_names(lab: Lab) -> None:
    assert lab.sh("nano", f"readlink -f {BY_ID}").strip() == "/dev/nvme0n1"
    lab.converge()
    assert lab.sh("nano", "findmnt -n -o SOURCE /mnt/nvme").strip() == "/dev/nvme0n1p1"
    assert lab.plan() == {}
    lab.sh("nano", f"ln -s ../../nvme0n1 {ENDS_IN_A_DIGIT}")
    table = lab.sh("nano", "sfdisk -d /dev/nvme0n1")
    for name in (ENDS_IN_A_DIGIT, "/dev/nvme0n1"):

        def named(spec: Spec, name: str = name) -> None:
            spec["defaults"]["storage"]["device"] = name

        lab.rewrite(named)
        # The spec is another one, so its record is written; the disk is the same.
        assert lab.plan() == {"nano": [RECORD]}, name
    lab.sh("nano", "umount /mnt/nvme; sed -i 's|/mnt/nvme |/mnt/nvme/ |' /etc/fstab")
    lab.converge()
    assert lab.plan() == {}
    assert lab.sh("nano", "grep -c /mnt/nvme /etc/fstab").strip() == "1"
    assert lab.sh("nano", "sfdisk -d /dev/nvme0n1") == table


def test_a_name_that_leads_to_a_partition_is_never_partitioned(lab: Lab) -> None:
    lab.sh(
        "nano",
        "umount /mnt/nvme; sed -i '/nvme/d' /etc/fstab; wipefs -qa /dev/nvme0n1p1; udevadm settle",
    )
    lab.sh("nano", "ln -sf ../../nvme0n1p1 /dev/disk/by-id/nvme-TWIN_NVMe_SSD-part1")

    def partition(spec: Spec) -> None:
        spec["defaults"]["storage"]["device"] = f"{BY_ID}-part1"

    lab.rewrite(partition)
    ran = lab.apply()
    assert ran.status != 0
    assert "is a part of a disk (/dev/nvme0n1p1)" in ran.log, ran.log[-900:]
    assert lab.sh("nano", "wipefs -n --noheadings /dev/nvme0n1p1") == ""
