"""Each accepted spelling means one thing: a board that has it needs no change.

Users write a path, a power mode or a disk in several ways, and boards show them in several ways. A
spelling that is compared as text would be a change that each run makes again.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jetfleet.catalog.power import plain_mode
from jetfleet.resources import Filesystem, PowerMode, RunOptions
from jetfleet.spec.model import Docker, ModelsOnHost, Storage
from jetfleet.text import plain_path

OPTIONS = RunOptions()
UUID = "1f0a4c6a-6f4f-4d0f-8f9e-6f4a3b1c2d3e"
DEVICES = ["/dev/nvme0n1", "/dev/disk/by-id/nvme-SSD_1", "/dev/disk/by-id/nvme-SSD_M",
           "/dev/disk/by-path/platform-14160000.pcie-pci-0004:01:00.0-nvme-1"]  # fmt: skip
SOURCES = [f"UUID={UUID}", f"UUID={UUID.upper()}", f'UUID="{UUID}"', f"/dev/disk/by-uuid/{UUID}",
           "LABEL=data", "/dev/disk/by-label/data", "PARTLABEL=primary", "PARTUUID=2b7e-1",
           "/dev/disk/by-partlabel/primary", "/dev/disk/by-id/nvme-SSD_1-part1"]  # fmt: skip


@st.composite
def paths(draw: st.DrawFn, path: str = "/mnt/nvme") -> str:
    """Spellings of a path."""
    slashes = st.sampled_from(["/", "//", "/./", "///"])
    text = "".join(draw(slashes) + part for part in path.split("/")[1:])
    return text + draw(st.sampled_from(["", "/", "//", "/."]))


@st.composite
def modes(draw: st.DrawFn, name: str) -> str:
    """Spellings of a power mode."""
    between = draw(st.sampled_from(["_", "-", " "]))
    text = draw(st.sampled_from(["", f"MODE{between}"])) + name.replace("_", between)
    return draw(st.sampled_from([text, text.lower(), text.upper()]))


@given(paths(), paths("/mnt/nvme/docker"), paths("/mnt/nvme/models"))
def test_paths_of_a_spec(mount: str, data: str, models: str) -> None:
    assert Storage(device="/dev/nvme0n1", mount=mount).mount == "/mnt/nvme"
    assert Docker(data_root=data).data_root == "/mnt/nvme/docker"
    on_host = ModelsOnHost(dir=models, ollama_store=models)
    assert on_host.dir == on_host.ollama_store == "/mnt/nvme/models"


@pytest.mark.parametrize("path", ["/mnt/../etc", "mnt/nvme", "/mnt/nv me"])
def test_a_path_that_means_another_place_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        Storage(device="/dev/nvme0n1", mount=path)


def test_the_root_stays_the_root() -> None:
    assert [plain_path(path) for path in ("/", "//", "///", "/.")] == ["/"] * 4


@given(
    st.sampled_from(["MODE_30W", "7W_AI", "MAXN_SUPER", "MODE_15W_2CORE"]).flatmap(
        lambda name: st.tuples(st.just(name), modes(plain_mode(name)))
    ),
    st.sampled_from(["saved", "saved 0002", "saved pmode:0002", "saved pmode:0002 fmode:quiet",
                     "saved 0002 fmode:fanNull", "saved pmode:0002 \nfmode:cool"]),
    st.sampled_from(["", "NVPM WARN: fan mode is not set!\n", "NV Fan Mode:quiet\n"]),
)  # fmt: skip
def test_power_modes(names: tuple[str, str], saved: str, before: str) -> None:
    of_board, written = names
    text = f"< POWER_MODEL ID=0 NAME=MAXN >\n<POWER_MODEL ID=2 NAME={of_board} >\n{before}"
    want = PowerMode(written)
    state = want.read(f"{text}NV Power Mode: {of_board}\n2\n{saved}\n", [want])[want.key]
    assert want.compare(state, OPTIONS) == []


@st.composite
def options(draw: st.DrawFn) -> str:
    """Spellings of the mount options that jetfleet writes for `noatime`."""
    limit = draw(st.sampled_from(["x-systemd.device-timeout=30", "x-systemd.device-timeout=30s"]))
    usual = draw(st.sampled_from([["defaults"], ["rw"], []]))
    kept = draw(st.permutations(["noatime", "errors=remount-ro", "nofail", limit]))
    return ",".join([*usual, *kept])


@given(
    device=st.sampled_from(DEVICES),
    source=st.sampled_from(SOURCES),
    at=paths(),
    written=options(),
    node=st.sampled_from(["/dev/nvme0n1", "/dev/nvme0n1p1"]),
)
def test_disks(*, device: str, source: str, at: str, written: str, node: str) -> None:
    want = Filesystem(device, "/mnt/nvme", options=("noatime",))
    names = f"LABEL=data\nPART_ENTRY_NAME=primary\nPART_ENTRY_UUID=2b7e-1\nUUID={UUID}\nTYPE=ext4"
    whole = node == "/dev/nvme0n1"
    table = "" if whole else f"DEVNAME=/dev/nvme0n1\nPTTYPE=gpt\n\ndevice {node}\n"
    text = (
        f"link {device} /dev/nvme0n1\nlink /dev/disk/by-id/nvme-SSD_1-part1 {node}\n"
        f"device /dev/nvme0n1\n{table}DEVNAME={node}\n{names}\n"
        f"mount /dev/mmcblk0p1 /\nmount {node} /mnt/nvme\n"
        f"fstab {source} {at} ext4 {written} 0 2\n"
    )
    assert want.compare(want.read(text, [want])[want.key], OPTIONS) == []


@pytest.mark.parametrize("rate", ["20M", "20m", "20 M", "20MiB", "20 MiB/s", "20Mi", "20M/s"])
def test_rates(rate: str) -> None:
    assert ModelsOnHost(max_rate=rate).max_rate == "20M"


@pytest.mark.parametrize("rate", ["20MB", "0M", "M", "20T", "-1M", "2.5M"])
def test_a_rate_that_may_mean_another_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError):
        ModelsOnHost(max_rate=rate)
