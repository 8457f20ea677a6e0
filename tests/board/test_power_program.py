"""What nvpmodel prints and keeps, in the forms of real boards, read and changed by the scripts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import PowerMode, RunOptions
from jetfleet.resources.power import STATUS, PowerState
from jetfleet.steps import LinkResolver, Run
from tests.support.cases import links
from tests.support.rendered import ROOT
from tests.support.specs import yaml

CAPTURED = yaml(ROOT / "tests/data/captured/nvpmodel.yaml")
CONF = "/etc/nvpmodel.conf"


def run(folder: Path, script: str) -> str:
    """Run a script of the power mode on the files of a folder in place of the board's."""
    text = script.replace(STATUS, str(folder / "status")).replace(CONF, str(folder / "conf"))
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh"], input=text, text=True, capture_output=True, check=False, env={"PATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


MODES = "< POWER_MODEL ID=0 NAME=MAXN >\n<POWER_MODEL ID=2 NAME=MODE_30W >\n"


def board(  # noqa: PLR0913 - each has one meaning, and most have a default
    folder: Path,
    said: str,
    status: str = "",
    *,
    ends: int = 0,
    modes: dict[int, str] | None = None,
    sets: str = "",
) -> None:
    """Make a board whose nvpmodel prints `said` until a mode is set.

    A set prints `sets`, and ends with `ends`.
    """
    rows = (f"< POWER_MODEL ID={number} NAME={name} >\n" for number, name in (modes or {}).items())
    (folder / "conf").write_text("".join(rows) or MODES)
    (folder / "said").write_text(said)
    if status:
        (folder / "status").write_text(status)
    program = folder / "nvpmodel"
    program.write_text(
        f"""#!/bin/sh
if [ "$1" = -m ]; then
  name=$(sed -n "s/^< *POWER_MODEL ID=$2 NAME=//p" {folder}/conf | cut -d' ' -f1)
  lines=$(grep -c . {folder}/said)
  echo "NV Power Mode: $name" > {folder}/said
  [ "$lines" = 1 ] || echo "$2" >> {folder}/said
  printf '{sets}'
  exit {ends if sets else 0}
fi
cat {folder}/said
[ -s {folder}/said ] || exit {ends}
"""
    )
    program.chmod(0o755)


def state(folder: Path, mode: str = "MAXN") -> PowerState:
    want = PowerMode(mode)
    return PowerMode.read(run(folder, PowerMode.survey([want], RunOptions())), [want])[want.key]


@pytest.mark.parametrize("form", CAPTURED["query"], ids=lambda form: form["source"])
def test_each_form_of_the_query_is_read(tmp_path: Path, form: dict[str, Any]) -> None:
    board(tmp_path, form["text"], modes=form.get("modes"))
    assert state(tmp_path).current == form["current"]


@pytest.mark.parametrize("form", CAPTURED["query"], ids=lambda form: form["source"])
def test_a_mode_is_set_on_each_board(tmp_path: Path, form: dict[str, Any]) -> None:
    board(
        tmp_path, form["text"], "pmode:0002", ends=form.get("ends", 0), modes=form.get("modes"),
        sets=form.get("sets", ""),
    )  # fmt: skip
    want = PowerMode("MAXN")
    found = state(tmp_path)
    changes = want.compare(found, RunOptions())
    step = next(want.steps(found, changes, RunOptions(), LinkResolver(links)))
    assert isinstance(step, Run)
    assert run(tmp_path, step.script) == ""
    assert want.compare(state(tmp_path), RunOptions()) == []
    assert (tmp_path / "status").read_text() == "pmode:0000"


@pytest.mark.parametrize("form", CAPTURED["status"], ids=lambda form: form["source"])
def test_each_form_of_the_status_file_is_read_and_keeps_the_fan(
    tmp_path: Path, form: dict[str, str]
) -> None:
    board(tmp_path, "NV Power Mode: MAXN\n0\n", form["text"])
    found = state(tmp_path)
    assert found.saved == form["saved"]
    want = PowerMode("MAXN")
    changes = want.compare(found, RunOptions())
    assert [change.attribute for change in changes] == (["saved"] if form["saved"] else [])
    for step in want.steps(found, changes, RunOptions(), LinkResolver(links)):
        assert isinstance(step, Run)
        run(tmp_path, step.script)
        break
    assert (tmp_path / "status").read_text() == form["after"]
    assert want.compare(state(tmp_path), RunOptions()) == []


def test_a_board_without_a_mode_is_given_one(tmp_path: Path) -> None:
    board(tmp_path, "", ends=255)
    found = state(tmp_path)
    assert found.current is None
    want = PowerMode("MAXN")
    changes = want.compare(found, RunOptions())
    assert [(change.have, change.want) for change in changes] == [("none", "MAXN")]
    step = next(want.steps(found, changes, RunOptions(), LinkResolver(links)))
    assert isinstance(step, Run)
    run(tmp_path, step.script)
    assert want.compare(state(tmp_path), RunOptions()) == []


def test_modes_that_are_commented_out_are_not_the_boards(tmp_path: Path) -> None:
    board(tmp_path, "NV Power Mode: MAXN\n0\n")
    conf = f"# < POWER_MODEL ID=7 NAME=SLEEPNET >\n{MODES}#<POWER_MODEL ID=0 NAME=OLD >\n"
    (tmp_path / "conf").write_text(conf)
    assert state(tmp_path).modes == {0: "MAXN", 2: "MODE_30W"}
