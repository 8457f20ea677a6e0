"""`jetfleet status` of a fleet that is off, and of one that is not whole."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import call
from tests.support.rendered import HOSTS, ROOT


@pytest.fixture
def off(tmp_path: Path) -> Path:
    """The lab's spec with boards that are off: nobody listens at these ports."""
    text = (ROOT / "inventory/lab.yaml").read_text(encoding="utf-8")
    for number, host in enumerate(("11", "12", "13"), start=1):
        text = text.replace(f"address: 192.0.2.{host}", f"address: 127.0.0.1\n    port: {number}")
    (tmp_path / "lab.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "inventory/lab.py", tmp_path)
    shutil.copy(ROOT / "tests/data/lock.yaml", tmp_path / "lab.lock.yaml")
    return tmp_path / "lab.yaml"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return call("status", *arguments)


def test_a_fleet_that_is_off_is_unreachable(off: Path) -> None:
    done = run(str(off), "--json")
    assert (done.returncode, done.stderr) == (3, "")
    hosts = json.loads(done.stdout)["hosts"]
    assert {host["name"]: host["state"] for host in hosts} == dict.fromkeys(HOSTS, "unreachable")
    assert all("check that the board is on" in host["reason"] for host in hosts)


def test_hosts_by_name(off: Path) -> None:
    done = run(str(off), "nano")
    assert done.returncode == 3
    assert "nano: Could not connect" in done.stdout
    assert "orin" not in done.stdout
    wrong = run(str(off), "nani")
    assert wrong.returncode == 1
    assert f"no host of {off} matches nani: its hosts are {', '.join(HOSTS)}" in wrong.stderr


def test_a_spec_without_its_inventory_says_what_is_missing(off: Path) -> None:
    off.with_suffix(".py").unlink()
    done = run(str(off))
    assert done.returncode == 1
    assert f"there is no {off.with_suffix('.py')}" in done.stderr
