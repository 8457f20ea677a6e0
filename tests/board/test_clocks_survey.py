"""What a survey takes from the program that reads the clocks: one that fails pins none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jetfleet.resources import Clocks, FreeClocks, RunOptions
from jetfleet.resources.clocks import UNIT

PROGRAM = "/usr/local/lib/jetfleet/clocks"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo cpu0; echo emc", "free cpu0\nfree emc\n"),
        ("exit 0", ""),
        ("echo cpu0; exit 3", "free all\n"),
        ("kill -KILL $$", "free all\n"),
        ("exec /nowhere", "free all\n"),
        (None, "free all\n"),
    ],
)
def test_clocks_that_cannot_be_read_are_free(
    tmp_path: Path, program: str | None, said: str
) -> None:
    own = tmp_path / "clocks"
    if program is not None:
        own.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        own.chmod(0o755)
    script = Clocks.survey([], RunOptions()).replace(PROGRAM, str(own))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == said


def test_pinned_clocks_are_found_without_a_program_on_the_board(tmp_path: Path) -> None:
    """And units of others that pin them at a boot, if they are enabled."""
    cpu = tmp_path / "sys/devices/system/cpu/cpu0/cpufreq"
    for name, value in {"scaling_min": 2, "scaling_max": 2, "cpuinfo_min": 1}.items():
        (cpu / f"{name}_freq").parent.mkdir(parents=True, exist_ok=True)
        (cpu / f"{name}_freq").write_text(f"{value}\n")
    units = tmp_path / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True)
    for name, line in {
        "by-hand": "/usr/bin/jetson_clocks", "idle": "/usr/bin/jetson_clocks",
        "jetfleet-clocks": "/usr/local/lib/jetfleet/clocks lock", "other": "/usr/bin/true",
    }.items():  # fmt: skip
        (units / f"{name}.service").write_text(f"[Service]\nExecStart={line}\n")
        if name != "idle":
            (units / f"multi-user.target.wants/{name}.service").symlink_to(
                units / f"{name}.service"
            )
    script = FreeClocks.survey([], RunOptions())
    for folder in ("/sys/", "/etc/systemd/"):
        script = script.replace(folder, f"{tmp_path}{folder}")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    unit = f"Id={UNIT}\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n"
    want = FreeClocks()
    state = FreeClocks.read(unit + done.stdout, [want])[want.key]
    assert (state.pinned, state.enabled, state.others) == (("cpu0",), False, ("by-hand.service",))
