"""`jetfleet plan`, `apply` and `drift` where no board answers: real runs of the real pyinfra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jetfleet.environment import RUN_FOLDER
from jetfleet.events.files import hosts_in
from jetfleet.plan.model import Plan
from tests.support import cli as command
from tests.support import terminal
from tests.support.lab import write_spec
from tests.support.rendered import ROOT
from tests.support.run_folders import plan as a_plan

CLOSED = 1
"""A port that nothing listens at."""


def away(spec: dict) -> None:
    for number, host in enumerate(spec["hosts"].values(), start=1):
        host.update(address=f"127.0.0.{number}", port=CLOSED)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The example, with its lock, and its boards unreachable."""
    path = write_spec(tmp_path / "inventory", ["orin", "thor"], away)
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    path.with_suffix(".lock.yaml").write_text(lock, encoding="utf-8")
    return path


def jetfleet(*arguments: str, run: Path) -> subprocess.CompletedProcess[str]:
    environ = {RUN_FOLDER: str(run), "NGC_API_KEY": "x"}
    return command.run(*arguments, environ=environ, timeout=60)


@pytest.mark.parametrize("name", ["plan", "drift"])
def test_json_is_json_when_every_host_is_down(name: str, spec: Path, tmp_path: Path) -> None:
    done = jetfleet(name, str(spec), "--json", run=tmp_path / "run")
    assert done.returncode == 3, done.stderr
    subprocess.run(
        [sys.executable, "-m", "json.tool"], input=done.stdout, text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    hosts = json.loads(done.stdout)["hosts"]
    assert {host["host"] for host in hosts} == {"orin", "thor"}
    assert {host["state"] for host in hosts} == {"unreachable"}
    assert all("check that the board is on" in host["reason"] for host in hosts)
    about = json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))
    assert (about["command"], about["status"], about["ended"] > about["began"]) == (
        name, 3, True,
    )  # fmt: skip


def test_a_limit_goes_to_these_hosts_alone(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    done = jetfleet("plan", str(spec), "--limit", "th*", "-o", str(out), run=tmp_path / "run")
    assert done.returncode == 3, done.stderr
    assert [h.host for h in Plan.model_validate_json(out.read_text()).hosts] == ["thor"]
    assert hosts_in(tmp_path / "run") == ["thor"]
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "SPEC", "--limit", "nope"], "matches nope: its hosts are"),
        (["plan", "SPEC", "--deploy", "deploys/nope.py"], "there is no deploy deploys/nope.py"),
        (["plan", "SPEC", "--json", "--markdown"], "choose one"),
        (["plan", "SPEC", "-o", "/nope/plan.json"], "/nope/plan.json cannot be written"),
        (["plan", "nope.yaml"], "there is no nope.yaml: name a fleet's YAML file"),
        (["prune", "nope.yaml"], "there is no nope.yaml"),
        (["prune", "SPEC", "nope"], "matches nope: its hosts are"),
        (["apply", "nope.json"], "nope.json cannot be read"),
        (["apply", "PLAN", "--reboot"], "leave them out"),
        (["apply", "GARBAGE"], "is not a plan of this jetfleet"),
    ],
)
def test_wrong_calls_are_errors(
    arguments: list[str], said: str, spec: Path, tmp_path: Path
) -> None:
    (tmp_path / "plan.json").write_text(a_plan(tmp_path / "some").json_text(), encoding="utf-8")
    (tmp_path / "garbage.json").write_text('{"schema": 3}', encoding="utf-8")
    names = {
        "SPEC": str(spec), "PLAN": str(tmp_path / "plan.json"),
        "GARBAGE": str(tmp_path / "garbage.json"),
    }  # fmt: skip
    words = (names.get(word, word) for word in arguments)
    done = command.call(*words, environ={RUN_FOLDER: str(tmp_path / "run")})
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_folder_of_another_run_is_not_written_into(spec: Path, tmp_path: Path) -> None:
    a_plan(tmp_path / "run")
    done = command.call("plan", spec, environ={RUN_FOLDER: str(tmp_path / "run")})
    assert done.returncode == 1
    assert "holds another run" in done.stderr


def test_an_apply_that_reaches_nobody_says_so(spec: Path, tmp_path: Path) -> None:
    done = jetfleet("apply", str(spec), "-y", run=tmp_path / "run")
    assert done.returncode == 3, done.stderr
    assert "2 hosts: 2 unreachable" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    result = json.loads((tmp_path / "run/result.json").read_text(encoding="utf-8"))
    assert {host["state"] for host in result["hosts"]} == {"unreachable"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plan", "interrupted: the plan is not complete, and no file is written for apply"),
        ("apply", "interrupted: nothing was changed"),
        ("status", "interrupted: not every board has answered"),
    ],
)
def test_ctrl_c_at_the_terminal_ends_it(name: str, said: str, spec: Path, tmp_path: Path) -> None:
    """The line that counts answers is there before pyinfra has read the inventory."""
    shown = terminal.run(
        [*command.COMMAND, name, str(spec)],
        ROOT,
        {RUN_FOLDER: str(tmp_path / "run")},
        {"boards have answered": "\x03"},
    )
    assert shown.status == 130, shown.text
    assert f"\n{said}\n" in shown.text.replace("\r", "")
    assert "Traceback" not in shown.text
