"""From the reading of a board to the files of its spec, and what the roles then want there."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import NoReturn

import pytest
from ruamel.yaml import YAML

from jetfleet.adopt.describe import Described, describe
from jetfleet.adopt.write import Login, write
from jetfleet.errors import FleetError
from jetfleet.fleet.fleet import Fleet
from jetfleet.hubs.resolve import resolve
from jetfleet.lock import Lock
from jetfleet.lock.file import load_lock
from jetfleet.resources import AdoptedModel, AdoptedService, Image, RunOptions
from jetfleet.roles import (
    adopted,
    base,
    docker,
    images,
    models,
    power,
    prune,
    record,
    serving,
    storage,
)
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import lock_path, workstation_of

ROLES = (base, storage, docker, power, images, models, serving, adopted, prune, record)
CAPTURED = (Path(__file__).parents[1] / "data/captured/containers-orin.txt").read_text()
FOLDER = "/home/nvidia/Projects/CosmosReason/cosmos-reason2-2b_v1208-fp8-static-kv8"
DAEMON = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []}}}
LOGIN = Login("nvidia", "192.0.2.12", 22, None, "192.0.2.12 ssh-ed25519 AAAA")

BOARD = """# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64, DATE: …
model NVIDIA Jetson AGX Orin Developer Kit
compatible nvidia,p3737-0000+p3701-0005 nvidia,p3701-0005 nvidia,tegra234
"""
POWER = "< POWER_MODEL ID=0 NAME=MAXN >\nNV Power Mode: MAXN\n0\nsaved 0000\n"
DISK = """mount /mnt/nvme /dev/nvme0n1p1 ext4 rw
fstab UUID=6b64 /mnt/nvme ext4 defaults 0 2
"""
FOLDERS = f"""folder {FOLDER}
size 2 config.json
{"a" * 64}  ./config.json
size 9 model.safetensors
{"b" * 64}  ./model.safetensors
folder /home/nvidia/own
size 1 model.gguf
{"c" * 64}  ./model.gguf
"""


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.fixture
def board() -> Described:
    shown = "MainPID=7\nId=docker.service\nActiveState=active\nUnitFileState=enabled\n"
    config = f"/etc/docker/daemon.json {encoded(json.dumps(DAEMON))}\n"
    return describe(
        {
            "about": "hostname orin\nmemory 64349184\nhold install docker-ce\n",
            "board": BOARD,
            "power": POWER,
            "clocks": "cpu0\n",
            "disk": DISK,
            "docker": f"{shown}engine=27.5.1\ndockerd=yes\n{config}",
            "containers": CAPTURED,
            "folders": FOLDERS,
        }
    )


def fleet_of(path: Path, lock: Lock | None = None) -> Fleet:
    loaded, _ = load_checked(path)
    locked = lock or load_lock(lock_path(path))
    return Fleet(loaded, locked, workstation_of(path), commit="", roles=ROLES)


def test_nothing_of_the_fleets_own_is_wanted_on_an_adopted_board(
    board: Described, tmp_path: Path
) -> None:
    wanted = fleet_of(write(board, LOGIN, tmp_path)).wanted(ROLES).resources("orin")
    assert sorted(wanted) == [
        "adopted-daemon:docker",
        "adopted-filesystem:/mnt/nvme",
        "adopted-model:cosmos-reason2-2b",
        "adopted:web",
        "adopted:youthful_gould",
        "board:release",
        "leftovers:/var/lib/jetfleet/models",
        "power:mode",
    ]
    services = [one for one in wanted.values() if isinstance(one, AdoptedService)]
    found = AdoptedService.read(CAPTURED, services)
    assert [one.compare(found[one.key], RunOptions()) for one in services] == [[], []]
    model = wanted["adopted-model:cosmos-reason2-2b"]
    assert isinstance(model, AdoptedModel)
    listed = "".join(f"size {f.size} {model.folder}/{f.path}\n" for f in model.files)
    assert model.compare(AdoptedModel.read(listed, [model])[model.key], RunOptions()) == []


def test_its_files_are_whole_and_hold_no_secret(board: Described, tmp_path: Path) -> None:
    path = write(board, LOGIN, tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {
        "orin.yaml", "orin.lock.yaml", "orin.py", "known_hosts",
    }  # fmt: skip
    text = path.read_text()
    assert "# Found on the board and not managed:\n" in text
    assert "#   - model files in /home/nvidia/own (1 KiB): where they came from" in text
    assert "HF_TOKEN:\n              env: HF_TOKEN" in text
    assert "***" not in text
    assert (tmp_path / "known_hosts").read_text() == f"{LOGIN.host_key}\n"
    assert "sha256:7653933e8ed6" in (tmp_path / "orin.lock.yaml").read_text()


def test_a_service_that_is_moved_is_managed_with_the_image_that_the_board_has(
    board: Described, tmp_path: Path
) -> None:
    path = write(board, LOGIN, tmp_path)
    yaml = YAML()
    spec = yaml.load(path.read_text())
    host = spec["hosts"]["orin"]
    service = host["adopted"]["services"].pop("youthful_gould")
    del service["made"]
    host["services"] = {"cosmos": service}
    with path.open("w") as out:
        yaml.dump(spec, out)
    loaded, _ = load_checked(path)
    old = load_lock(lock_path(path))
    # Nobody is asked: a hub would end the test, and there is no registry.
    new = resolve(
        loaded,
        old,
        workstation_of(path),
        hub_of_nobody,
        lambda lock: fleet_of(path, lock).required(),
    )
    assert new == old
    units = fleet_of(path, new).wanted(ROLES).resources("orin")
    assert "service:cosmos" in units
    (image,) = [one for one in units.values() if isinstance(one, Image)]
    assert image.digest.startswith("sha256:7653933e8ed6")


def hub_of_nobody(model: object) -> NoReturn:
    raise AssertionError(f"the hub of {model} was asked")


def test_a_spec_that_is_there_is_never_overwritten(board: Described, tmp_path: Path) -> None:
    path = write(board, LOGIN, tmp_path)
    path.write_text("of a person")
    with pytest.raises(FleetError, match=r"orin\.yaml exists"):
        write(board, LOGIN, tmp_path)
    assert path.read_text() == "of a person"
