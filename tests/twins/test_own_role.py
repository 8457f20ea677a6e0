"""A role of the fleet's own with the installed wheel, from an empty folder to a running service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support import wheels
from tests.support.lab import Lab, Spec, no_reboot, write_spec
from tests.support.own_role import IMAGE, write_role
from twins.fleet import Fleet

SPEC = "inventory/lab.yaml"
Run = Callable[..., str]


def without_services(spec: Spec) -> None:
    """Leave the boards without models and services."""
    no_reboot(spec)
    spec["defaults"].pop("services")
    for host in spec["hosts"].values():
        host["groups"] = []
        host.pop("services", None)
    for section in ("groups", "models"):
        spec.pop(section)


def set_port(path: Path) -> None:
    """Give the role another port than its default."""
    yaml = YAML()
    spec = yaml.load(path)
    spec["defaults"]["roles"] = {"monitoring": {"port": 9200}}
    yaml.dump(spec, path)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """A new fleet's repository beside an installed wheel, with one twin, and a way to call it."""
    folder = tmp_path_factory.mktemp("own")
    dist = wheels.build(folder)
    programs = wheels.install(folder, dist, "jetfleet")
    shutil.rmtree(folder / "source")
    ours = folder / "ours"

    def run(*words: str, status: int = 0, program: str = "jetfleet") -> str:
        cwd = ours if ours.is_dir() else folder
        done = wheels.run(programs, *words, program=program, cwd=cwd)
        assert done.returncode == status, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout + done.stderr

    run("init", "ours")
    spec = write_spec(ours / "inventory", ["nano"], without_services)
    twins = Fleet.up(spec, owner_pid=os.getpid())
    try:
        yield ours, run
    finally:
        twins.down()


def lab_of(ours: Path) -> Lab:
    """Return the lab of the fleet's one twin."""
    twins = Fleet.find(ours / SPEC)
    assert twins is not None
    return Lab(ours / SPEC, twins)


def test_a_role_of_the_fleets_own_from_the_wheel(fleet: tuple[Path, Run]) -> None:
    ours, run = fleet
    run("lock", SPEC)
    write_role(ours)
    set_port(ours / SPEC)
    lab = lab_of(ours)
    assert "site-packages/jetfleet/" in run(
        "-c", "import jetfleet; print(jetfleet.__file__)", program="python"
    )
    gap = f"the image {IMAGE} of nano is not locked"
    assert gap in run("plan", SPEC, status=1)
    assert gap in run("inventory/lab.py", "deploys/llm.py", "--dry", program="pyinfra", status=1)
    assert f"image {IMAGE}: sha256:" in run("lock", SPEC)
    run("render", SPEC, "-o", "rendered")
    assert (ours / "rendered/nano/etc/node-exporter/board.prom").is_file()
    assert "monitoring" in run("plan", SPEC, "--json", status=2)

    applied = run("apply", SPEC, "-y")
    assert "node-exporter: verified" in applied
    assert "app is here" in lab.sh("nano", "curl -s http://127.0.0.1:9200/metrics")
    assert lab.sh("nano", "systemctl is-active jetfleet-node-exporter").strip() == "active"
    assert 'module="orin-nano-super"' in lab.sh("nano", "cat /etc/node-exporter/board.prom")
    said = lab.sh("nano", "docker inspect -f '{{.Config.Image}}' node-exporter")
    assert said.startswith("quay.io/prometheus/node-exporter@sha256:")

    run("plan", SPEC)


@pytest.mark.campaign
def test_each_command_then_knows_it(fleet: tuple[Path, Run]) -> None:
    ours, run = fleet
    shown = run("status", SPEC)
    assert "node-exporter" in shown
    assert "monitoring" in shown
    verified = run("inventory/lab.py", "deploys/verify.py", "-y", program="pyinfra")
    assert "node-exporter answers" in verified
    run("inventory/lab.py", "deploys/llm.py", "-y", program="pyinfra")
    run("prune", SPEC, "-y")

    lab_of(ours).sh("nano", "systemctl stop jetfleet-node-exporter")
    assert "node-exporter" in run("drift", SPEC, status=2)
