"""The scripts of the fan profile, on files of a folder and a controller of the test's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from jetfleet.resources import Fan, RunOptions
from jetfleet.resources.fan import CONF, STATUS, FanState
from jetfleet.steps import LinkResolver, Run
from tests.support.cases import links

SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/calls
case "$*" in
  stop*) echo "profile before" > {folder}/status; rm -f {folder}/up ;;
  start*) [ ! -e {folder}/broken ] || exit 1
    touch {folder}/up
    [ -e {folder}/status ] || sed -n 's/.*FAN_DEFAULT_PROFILE //p' {folder}/conf > {folder}/live ;;
esac
"""
QUERY = """#!/bin/sh
[ -e {folder}/up ] || exit 1
echo "FAN1:FAN_PROFILE:$(cat {folder}/live)"
"""
TEXT = """# of this module
<FAN 1>
\tFAN_PROFILE quiet {
\t\t0 0 0 0
\t}
\tFAN_PROFILE cool {
\t\t0 0 0 0
\t}
\tFAN_DEFAULT_PROFILE quiet
\tKICKSTART_PWM 64
</FAN 1>
"""


def board(folder: Path) -> None:
    (folder / "module.conf").write_text(TEXT)
    (folder / "module.conf").chmod(0o640)
    (folder / "conf").symlink_to("module.conf")
    for name, text in (("systemctl", SYSTEMCTL), ("nvfancontrol", QUERY)):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(0o755)
    (folder / "live").write_text("quiet\n")
    (folder / "up").touch()


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    text = script.replace(STATUS, str(folder / "status")).replace(CONF, str(folder / "conf"))
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh"], input=text, text=True, capture_output=True, check=False, env=environment
    )


def state(folder: Path, want: Fan) -> FanState:
    return Fan.read(run(folder, Fan.survey([want], RunOptions())).stdout, [want])[want.key]


def change(folder: Path, want: Fan) -> subprocess.CompletedProcess[str]:
    found = state(folder, want)
    changes = want.compare(found, RunOptions())
    step = next(want.steps(found, changes, RunOptions(), LinkResolver(links)))
    assert isinstance(step, Run)
    return run(folder, step.script)


def test_the_profile_is_set_now_and_for_the_next_boot(tmp_path: Path) -> None:
    board(tmp_path)
    want = Fan("cool")
    assert change(tmp_path, want).returncode == 0
    assert want.compare(state(tmp_path, want), RunOptions()) == []
    assert (tmp_path / "module.conf").read_text() == TEXT.replace(
        "FAN_DEFAULT_PROFILE quiet", "FAN_DEFAULT_PROFILE cool"
    )


def test_the_conf_stays_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    board(tmp_path)
    change(tmp_path, Fan("cool"))
    assert (tmp_path / "conf").is_symlink()
    assert (tmp_path / "module.conf").stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob("*.jetfleet-new"))


def test_the_fan_is_controlled_again_where_the_change_fails(tmp_path: Path) -> None:
    board(tmp_path)
    (tmp_path / "broken").touch()
    assert change(tmp_path, Fan("cool")).returncode == 1
    stopped, *started = (tmp_path / "calls").read_text().splitlines()[1:]
    assert stopped.startswith("stop ")
    assert started == ["start nvfancontrol.service"] * 2
