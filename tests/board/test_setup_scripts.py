"""Five settings that jetson-containers' own setup script gets wrong, set by ours on test files.

Its `scripts/setup-system.sh` edits daemon.json with `sed '/}/i …'`, which inserts the text before
each brace and takes a slash of a path for its own delimiter, sets power modes by fixed numbers,
looks for Docker's data at `/mnt/docker` alone, and writes the name that the kernel gave to a disk
into /etc/fstab.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from jetfleet.board import program
from jetfleet.resources import Daemon, PowerMode, RunOptions
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.daemon.restart import BACKUP, CONFIG, STARTED_WITH
from jetfleet.resources.power import STATUS
from jetfleet.roles import docker
from jetfleet.steps import Confirm, LinkResolver, Result, Run
from jetfleet.steps.switch import BOOT_UNIT, FOLDER
from jetfleet.template import render
from tests.support.cases import links

# As JetPack 6 ships it: jetson-facts 5.2.
STOCK = """{
    "runtimes": {
        "nvidia": {
            "args": [],
            "path": "nvidia-container-runtime"
        }
    }
}
"""
NVIDIA = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}, "default-runtime": "nvidia"}
ROOT = "/data/disk one/docker"


def answers(folder: Path, **programs: str) -> dict[str, str]:
    """Return variables with which a script finds these programs before the board's."""
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def daemon_json(folder: Path, **settings: Any) -> dict[str, Any]:
    """Return the daemon.json of a board that had the stock one, once it has these settings."""
    if os.getuid() != 0:
        pytest.skip("needs root, as the program does")
    config = folder / "daemon.json"
    config.write_text(STOCK)
    wanted = Daemon(settings=json.dumps(settings), drop_in="x")
    actual = DaemonState("27.5.1", raw_table=True, config=STOCK, started_with=None, drop_in="",
                         active=True, enabled=True, stale_unit=False)  # fmt: skip
    changes = wanted.compare(actual, RunOptions())
    steps = wanted.steps(actual, changes, RunOptions(), LinkResolver(links))
    step = next(steps)
    with suppress(StopIteration):
        while isinstance(step, Run | Confirm):
            step = steps.send(Result(ok=True, out=_done(step.script, folder)))
    found: dict[str, Any] = json.loads(config.read_text())
    return found


def _done(script: str, folder: Path) -> str:
    """Return what a script printed that was carried out on files of the test."""
    for path in (BACKUP, CONFIG, STARTED_WITH, FOLDER, BOOT_UNIT):
        script = script.replace(path, str(folder / path.rsplit("/", 1)[1]))
    names = ("systemctl", "systemd-run", "dockerd", "journalctl")
    env = answers(folder, **dict.fromkeys(names, "true"))
    done = subprocess.run(["sh"], input=script, text=True, check=True, stdout=PIPE, env=env)
    return done.stdout


def test_default_runtime_is_added_to_the_stock_file(tmp_path: Path) -> None:
    found = daemon_json(tmp_path, **NVIDIA)
    stock = json.loads(STOCK)
    assert found == {**stock, "default-runtime": "nvidia"}


def test_a_data_root_has_slashes_and_a_blank(tmp_path: Path) -> None:
    found = daemon_json(tmp_path, **{**NVIDIA, "data-root": ROOT})
    assert found["data-root"] == ROOT
    assert found["runtimes"] == json.loads(STOCK)["runtimes"]


@pytest.mark.parametrize(
    ("modes", "wanted", "number"),
    [
        # AGX Orin and Orin Nano Super: the same number is another mode, and 1 is not always there.
        ({"0": "MAXN", "1": "MODE_15W", "2": "MODE_30W", "3": "MODE_50W"}, "MODE_30W", "2"),
        ({"0": "15W", "1": "25W", "2": "MAXN_SUPER"}, "25W", "1"),
        ({"0": "MAXN", "3": "120W"}, "120W", "3"),
    ],
)
def test_a_power_mode_goes_by_its_name(
    tmp_path: Path, modes: dict[str, str], wanted: str, number: str
) -> None:
    rows = [f"< POWER_MODEL ID={id_} NAME={name} >\n" for id_, name in modes.items()]
    (tmp_path / "conf").write_text("".join(rows))
    set_mode = f'[ "$1" = -q ] && printf "NV Power Mode: x\\n9\\n" || echo "$2" > {tmp_path}/mode'
    env = answers(tmp_path, nvpmodel=set_mode)
    want = PowerMode(wanted)

    def run(script: str) -> str:
        script = script.replace(STATUS, str(tmp_path / "status"))
        script = script.replace("/etc/nvpmodel.conf", str(tmp_path / "conf"))
        done = subprocess.run(["sh"], input=script, text=True, capture_output=True, env=env)  # noqa: PLW1510 - the mode that was set is looked at
        return done.stdout

    actual = PowerMode.read(run(PowerMode.survey([want], RunOptions())), [want])[want.key]
    changes = want.compare(actual, RunOptions())
    step = next(want.steps(actual, changes, RunOptions(), LinkResolver(links)))
    assert isinstance(step, Run)
    run(step.script)
    assert (tmp_path / "mode").read_text() == f"{number}\n"


def test_the_disk_is_mounted_anywhere_and_docker_waits_for_it() -> None:
    drop_in = render(
        "docker",
        docker.DROP_IN,
        data_root="/srv/models-and-images/docker",
        proxy="",
        skip_raw_table=False,
        started_with="x",
    )
    assert "\nRequiresMountsFor=/srv/models-and-images/docker\n" in drop_in


def test_fstab_has_the_uuid_and_keeps_what_was_there(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root, as the program does")
    (tmp_path / "etc").mkdir()
    fstab = tmp_path / "etc/fstab"
    fstab.write_text("/dev/root / ext4 defaults 0 1\n")
    functions = program("mount.sh").partition("mount_it() {")[0].replace("/etc/fstab", str(fstab))
    script = f"{functions}type=ext4\nwrite_fstab 0b5e-77 /srv/disk defaults,nofail\n"
    subprocess.run(["sh"], input=script, text=True, check=True)
    assert fstab.read_text() == (
        "/dev/root / ext4 defaults 0 1\nUUID=0b5e-77 /srv/disk ext4 defaults,nofail 0 2\n"
    )
