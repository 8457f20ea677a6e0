"""What can be wrong with a board: that host alone fails, with a sentence and its remedy.

All of it is wrong at once, each on a board of its own, in one apply; two boards have nothing wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.lab import Lab, Spec, changed, errors, no_reboot, until
from tests.support.pyinfra import Ran, changes_in

GOOD = ("good-a", "good-b")
KEY = "JETFLEET_TEST_NGC_KEY"
TWIN_KEY = f"JETFLEET_TWIN_{KEY}"


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong: how a twin gets it, and the message about it.

    `repaired` is how a person follows the remedy; None where no next apply can go well.
    """

    by: str
    sentence: str
    repaired: str | None = None
    in_plan: bool = True


WRONG = {
    "other-l4t": Wrong(
        "sed -i 's/^# R36 (release), REVISION: 4.3/# R35 (release), REVISION: 6.0/' "
        "/etc/nv_tegra_release",
        r'the board runs L4T 35\.6\.0, the spec says 36\.4\.3: write `jetpack: "5\.\S+"` and '
        r'`l4t: "35\.6\.0"`, or flash',
        "sed -i 's/^# R35 (release), REVISION: 6.0/# R36 (release), REVISION: 4.3/' "
        "/etc/nv_tegra_release",
    ),
    "no-disk": Wrong(
        "mv /dev/nvme0n1 /dev/away",
        r"no disk at /dev/nvme0n1 \(storage\.device\): look with `lsblk`",
        "mv /dev/away /dev/nvme0n1",
    ),
    "not-blank": Wrong(
        "mkfs.ext4 -q /dev/nvme0n1; mount /dev/nvme0n1 /mnt; echo precious > /mnt/photo; "
        "umount /mnt",
        r"/dev/nvme0n1 is not blank, it holds a ext4 signature on the whole disk: nothing on it "
        r"was touched; .*`wipefs -a /dev/nvme0n1`",
    ),
    "in-use": Wrong(
        "echo 'type=linux' | sfdisk -q --label gpt /dev/nvme0n1; udevadm settle; "
        "until [ -b /dev/nvme0n1p1 ]; do sleep 0.1; done; mkfs.ext4 -q /dev/nvme0n1p1; "
        "mkdir /data; mount /dev/nvme0n1p1 /data; echo precious > /data/photo",
        r"/dev/nvme0n1 is not blank, it holds /dev/nvme0n1p1 \(ext4, mounted at /data\): nothing",
    ),
    "no-image-room": Wrong(
        "mkdir -p /srv/docker; mount -t tmpfs -o size=8m none /srv/docker",
        r"ghcr\.io/nvidia-ai-iot/vllm:\S+ needs about \d+ MiB .* only \d+ MiB are free: remove",
        "mount -o remount,size=300m /srv/docker",
        in_plan=False,
    ),
    "no-model-room": Wrong(
        "mkdir -p /srv/models; mount -t tmpfs -o size=2m none /srv/models",
        r"model cosmos-reason2-2b cannot be fetched: 6 MiB .* to /srv/models, where 2 MiB are "
        r"free and 64 MiB must stay free; remove what nothing uses .*, or write another "
        r"models\.dir",
        "mount -o remount,size=192m /srv/models",
    ),
    "wrong-key": Wrong(
        "true",
        r"ngc:nim/nvidia/cosmos-reason2-2b:\S+: NGC refuses the key: create a new one",
        "true",
        in_plan=False,
    ),
    "wrong-sum": Wrong(
        "true",
        r"could not fetch model peoplenet: checksum error.*model\.safetensors; .* run again; if it "
        r"stays so, .*`jetfleet lock",
        "true",
        in_plan=False,
    ),
    "off": Wrong(
        "", r"Could not connect \(.*\): check that the board is on, and that `address`", ""
    ),
    "other-key": Wrong(
        "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; "
        "systemctl restart ssh",
        r"SSH host key error .*: find out why, .* new key; then pin it with `jetfleet trust` and "
        "`--replace`",
    ),
}  # fmt: skip


def edit(spec: Spec) -> None:
    """Give each wrong thing, and each good board, a host of its own; none needs a reboot."""
    no_reboot(spec)
    source = spec["models"]["cosmos-reason2-2b"]["source"]
    spec["models"]["keyed"] = {"source": source, "api_key": {"env": KEY}}
    spec["models"]["peoplenet"] = {
        "source": "ngc:nvidia/tao/peoplenet:deployable_quantized_onnx_v2.6.3"
    }
    only = {"wrong-key": "keyed", "wrong-sum": "peoplenet"}
    spec["hosts"] = {
        name: {
            "board": "agx-orin",
            "address": f"192.0.2.{number}",
            **({"models": {"use": [only[name]]}} if name in only else {"groups": ["ample-memory"]}),
        }
        for number, name in enumerate((*GOOD, *WRONG), start=20)
    }
    services = spec["defaults"].pop("services")
    spec["groups"]["ample-memory"]["services"]["cosmos"].update(services["cosmos"])
    spec["hosts"]["no-image-room"]["docker"] = {"data_root": "/srv/docker"}
    spec["hosts"]["no-model-room"]["models"] = {"dir": "/srv/models"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as environ:
        folder = tmp_path_factory.mktemp("refusal")
        lab = Lab.up(
            folder, (), edit, before_lock=lambda lab: environ.setenv(TWIN_KEY, lab.ngc_key)
        )
    try:
        for host, wrong in WRONG.items():
            if wrong.by:
                lab.sh(host, wrong.by)
        lab.fleet.power_cut("off")
        lab.fault(match="files*peoplenet*", flip=100, times=None)
        yield lab
    finally:
        lab.down()


def limit(hosts: Iterable[str]) -> list[str]:
    """The words that send pyinfra to these hosts alone."""
    return [word for host in hosts for word in ("--limit", host)]


@pytest.fixture(scope="module")
def ran(lab: Lab) -> Ran:
    """The one apply."""
    return lab.apply(environ={TWIN_KEY: "nvapi-" + "x" * 60})


def test_the_run_fails_and_the_good_boards_are_ready(lab: Lab, ran: Ran) -> None:
    assert ran.status == 1
    for host in GOOD:
        assert changed(ran, host)[-1].startswith(("serving", "record")), ran.log
        assert errors(ran, host) == []
        assert lab.chat(host)


@pytest.mark.parametrize("host", WRONG)
def test_one_sentence_with_a_remedy(ran: Ran, host: str) -> None:
    said = errors(ran, host)
    assert len(said) == 1, said
    assert re.search(WRONG[host].sentence, said[0]), said[0]


def test_what_is_wrong_at_once_is_in_the_plan_already(lab: Lab) -> None:
    hosts = [host for host, wrong in WRONG.items() if wrong.in_plan and host != "off"]
    dry = lab.dry(*limit(hosts))
    for host in hosts:
        said = errors(dry, host)
        assert len(said) == 1, said
        assert re.search(WRONG[host].sentence, said[0]), said[0]


def test_a_refused_board_is_as_it_was(lab: Lab, ran: Ran) -> None:
    del ran
    for host in ("other-l4t", "no-disk", "not-blank", "in-use", "other-key"):
        assert not lab.holds(host, "ls -d /etc/jetfleet /usr/local/lib/jetfleet"), host
        assert not lab.holds(host, "ls /etc/systemd/system/docker.service.d/jetfleet.conf"), host
        assert not lab.holds(host, "grep -q nvme /etc/fstab"), host
    assert lab.sh("other-l4t", "wipefs /dev/nvme0n1") == ""
    assert lab.sh("in-use", "cat /data/photo") == "precious\n"
    photo = "mount -o ro /dev/nvme0n1 /mnt && cat /mnt/photo; umount /mnt"
    assert lab.sh("not-blank", photo) == "precious\n"


def test_nothing_of_a_wrong_file_is_in_a_model_folder(lab: Lab, ran: Ran) -> None:
    del ran
    assert lab.sh("wrong-sum", "find /mnt/nvme/models -path '*/.*' -prune -o -type f -print") == ""


def test_who_follows_the_remedy_converges(lab: Lab, ran: Ran) -> None:
    del ran
    repaired = [host for host, wrong in WRONG.items() if wrong.repaired is not None]
    for host in repaired:
        if WRONG[host].repaired:
            lab.sh(host, str(WRONG[host].repaired))
    lab.fleet.power_on("off")
    lab.no_faults()
    again = lab.apply(environ={TWIN_KEY: lab.ngc_key})
    assert again.status == 1  # two disks and a key are still others
    dry = lab.dry(*limit((*GOOD, *repaired)))
    assert dry.status == 0
    assert changes_in(dry) == {}, again.log
    assert dry.log.count(" Ready: ") == len((*GOOD, *repaired))
    for host in set(repaired) - {"wrong-key", "wrong-sum"}:
        assert lab.chat(host)
    assert until(
        lambda: lab.holds("wrong-sum", "ls /mnt/nvme/models/peoplenet/*/config.json"), "it"
    )
