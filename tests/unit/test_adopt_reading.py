"""What is read off a board that was set up by hand: command lines, secrets, folders, disks."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from jetfleet.adopt import board, daemon, disk
from jetfleet.adopt.folders import Folder
from jetfleet.adopt.models import identify
from jetfleet.cmdline import parse_cmdline, server_of
from jetfleet.errors import FleetError
from jetfleet.runtimes.registry import calls, runtimes

SERVERS = [
    ("python3 /opt/venv/bin/vllm serve /models/x --port 8001", "vllm", "/models/x --port 8001"),
    ("python3 -m vllm.entrypoints.openai.api_server --model x", "vllm", "--model x"),
    ("/usr/local/bin/ollama serve", "ollama", ""),
    ("tritonserver --model-repository=/m", "triton", "--model-repository=/m"),
    ("/opt/llama/llama-server -m /m.gguf", "llama.cpp", "-m /m.gguf"),
]


@pytest.mark.parametrize(("line", "runtime", "rest"), SERVERS)
def test_servers_are_known_by_their_command_lines(line: str, runtime: str, rest: str) -> None:
    found = server_of(line.split(), calls())
    assert found
    assert (found[0].server, found[1]) == (runtime, tuple(rest.split()))


def test_a_shell_with_a_script_and_a_client_are_no_servers() -> None:
    assert server_of(["bash", "-c", "vllm serve /models/x"], calls()) is None
    assert server_of(["vllm", "bench", "serve"], calls()) is None
    assert server_of(["ollama", "run", "qwen3"], calls()) is None


def test_options_are_values_as_their_parser_takes_them() -> None:
    words = [
        "/models/x", "--max_model_len", "8192", "--gpu-memory-utilization=0.8", "--enforce-eager",
        "--media-io-kwargs", '{"video": {"num_frames": -1}}', "--seed", "-1", "-tp", "2",
        "--served-model-name", "a", "b", "--dtype", "auto", "--reasoning-parser", "true",
    ]  # fmt: skip
    assert parse_cmdline(words, runtimes()["vllm"].call.short) == (
        ("/models/x",),
        {
            "max-model-len": 8192,
            "gpu-memory-utilization": 0.8,
            "enforce-eager": True,
            "media-io-kwargs": {"video": {"num_frames": -1}},
            "seed": -1,
            "tensor-parallel-size": 2,
            "served-model-name": ["a", "b"],
            "dtype": "auto",
            "reasoning-parser": "true",
        },
    )


SECRET = "s3cr3t-of-somebody"  # noqa: S105 - it looks like one on purpose


def test_an_ngc_folder_of_an_unknown_organisation_is_not_guessed() -> None:
    assert identify(Folder("/home/me/some-model_v1.0")) is None


THOR = """# R38 (release), REVISION: 2.0, GCID: 41844464, BOARD: generic, EABI: aarch64, DATE: …
model NVIDIA Jetson AGX Thor Developer Kit
compatible nvidia,p3971-0089+p3834-0008 nvidia,p3834-0008 nvidia,tegra264
"""
MODES = """< POWER_MODEL ID=0 NAME=MAXN >
< POWER_MODEL ID=1 NAME=120W >
NV Power Mode: MAXN
0
saved 0000
"""


def test_a_board_is_its_module_release_and_mode() -> None:
    found = board.describe_board({"board": THOR, "power": MODES, "clocks": ""})
    assert found.keys == {
        "module": "agx-thor", "jetpack": "7.0", "l4t": "38.2.0", "power": {"mode": "MAXN"},
    }  # fmt: skip
    assert [line for line in found.seen if "locked until the next boot" in line]


def test_a_mode_of_the_users_own_is_kept() -> None:
    modes = MODES.replace("NAME=MAXN", "NAME=ROBOT_18W").replace("Mode: MAXN", "Mode: ROBOT_18W")
    found = board.describe_board({"board": THOR, "power": modes})
    assert found.keys["power"] == {"mode": "ROBOT_18W"}


def test_a_board_on_which_no_mode_is_set_keeps_it_so() -> None:
    found = board.describe_board({"board": THOR, "power": MODES.partition("NV Power")[0]})
    assert "power" not in found.keys
    assert found.seen == ["no power mode is set on the board: write the one that you want"]


def test_a_mode_that_waits_for_a_reboot_is_the_persons_choice() -> None:
    found = board.describe_board(
        {"board": THOR, "power": MODES.replace("saved 0000", "saved 0001")}
    )
    assert "power" not in found.keys
    assert found.seen == [
        "the power mode is MAXN, and 120W after the next boot: write one of them as `power.mode`"
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "no L4T on this host"), (THOR.replace("p3834", "p9999"), "does not know this module")],
)
def test_what_is_no_jetson_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(FleetError, match=sentence):
        board.describe_board({"board": text})


def test_super_boards_differ_from_others() -> None:
    text = (
        THOR.replace("R38", "R36")
        .replace("2.0,", "4.3,")
        .replace(
            "p3971-0089+p3834-0008 nvidia,p3834-0008 nvidia,tegra264",
            "p3768-0000+p3767-0005-super nvidia,p3767-0005 nvidia,tegra234",
        )
    )
    assert board.describe_board({"board": text}).keys["module"] == "orin-nano-super"


DISK = """mount / /dev/mmcblk0p1 ext4 rw,relatime
mount /boot/efi /dev/mmcblk0p10 vfat rw
mount /mnt/nvme /dev/nvme0n1p1 ext4 rw,noatime
fstab /dev/root / ext4 defaults 0 1
fstab # a note
fstab UUID=6b64 /mnt/nvme ext4 defaults,noatime,nofail 0 2
"""


def test_the_disk_is_what_fstab_mounts_beside_the_system() -> None:
    found = disk.describe_disk({"disk": DISK}, ())
    assert found.keys == {
        "storage": {"device": "/dev/nvme0n1", "mount": "/mnt/nvme", "options": ["noatime"]}
    }


def test_the_disk_of_the_guide_is_mounted_whole_and_with_a_slash() -> None:
    text = DISK.replace("nvme0n1p1", "nvme0n1").replace("=6b64 /mnt/nvme", "=6b64 /mnt/nvme/")
    assert "/dev/nvme0n1 ext4" in text
    assert " /mnt/nvme/ ext4" in text
    assert disk.describe_disk({"disk": text}, ()).keys["storage"]["mount"] == "/mnt/nvme"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("fstab UUID=6b64", "fstab #UUID=6b64", "it is gone after a reboot"),
        ("nvme0n1p1 ext4", "nvme0n1p1 xfs", "this is xfs"),
    ],
)
def test_a_disk_that_a_spec_cannot_describe_is_reported(old: str, new: str, sentence: str) -> None:
    found = disk.describe_disk({"disk": DISK.replace(old, new)}, ())
    assert found.keys == {}
    assert sentence in found.seen[0]


def engine(config: str, more: str = "") -> dict[str, str]:
    shown = "Id=docker.service\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n"
    encoded = b64encode(config.encode()).decode()
    text = f"{shown}MainPID=7\nengine=27.5.1\ndockerd=yes\n/etc/docker/daemon.json {encoded}\n"
    return {"docker": text + more}


def test_daemon_json_of_source_003_is_all_in_the_spec() -> None:
    settings = {
        "runtimes": {"nvidia": {"args": [], "path": "nvidia-container-runtime"}},
        "registry-mirrors": ["https://docker.xuanyuan.me"],
    }
    found = daemon.describe_daemon(engine(json.dumps(settings)))
    assert found.keys == {"docker": {"default_runtime": None, "daemon": settings}}


@pytest.mark.parametrize(
    ("flags", "names", "keys"),
    [
        (["/etc/systemd/system/docker.service.d/x.conf --data-root"], "--data-root", "data_root"),
        (["/lib/systemd/system/docker.service -H", "/etc/x --dns"], "--dns", "daemon.dns"),
    ],
)
def test_flags_of_dockerd_are_reported(flags: list[str], names: str, keys: str) -> None:
    found = daemon.describe_daemon(engine("{}", "".join(f"flag {flag}\n" for flag in flags)))
    path = flags[-1].split()[0]
    (note,) = found.seen
    assert note == (
        f"{path} starts dockerd with {names}: the values of flags are not in the spec; write them "
        f"under `docker` (as {keys}), and remove the flags from {path}, before you remove `adopted`"
    )


def test_flags_of_the_package_are_not_reported() -> None:
    flags = "flag /lib/systemd/system/docker.service --containerd\n"
    assert daemon.describe_daemon(engine("{}", flags)).seen == []


def test_a_password_in_daemon_json_is_left_out_and_reported() -> None:
    settings = {"proxies": {"http-proxy": f"http://me:{SECRET}@proxy:3128"}, "debug": True}
    found = daemon.describe_daemon(engine(json.dumps(settings)))
    assert found.keys == {"docker": {"default_runtime": None, "daemon": {"debug": True}}}
    assert SECRET not in "".join(found.seen)
    assert found.seen[0].startswith("proxies in /etc/docker/daemon.json")
