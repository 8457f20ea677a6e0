"""Two wheels: a plain `jetfleet` without any stand-in, and the extra that brings them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.cli import ROOT, call
from tests.support.wheels import build, install, run


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheels"))


def inside(dist: Path, name: str) -> set[str]:
    (wheel,) = dist.glob(f"{name}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_a_plain_wheel_has_nothing_of_twins(dist: Path) -> None:
    assert {name.split("/")[0].split("-")[0] for name in inside(dist, "jetfleet")} == {"jetfleet"}
    assert not [name for name in inside(dist, "jetfleet") if "standin" in name]


def test_the_other_wheel_has_all_files_of_twins(dist: Path) -> None:
    found = {name for name in inside(dist, "jetfleet_twins") if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "twins").rglob("*")
        if path.is_file() and not {"__pycache__", "build"} & {*path.parts}
        and not any(part.endswith(".egg-info") for part in path.parts)
    }  # fmt: skip
    assert found == wanted - {"twins/pyproject.toml", "twins/LICENSE"}


def test_both_wheels_have_the_licence(dist: Path) -> None:
    licence = (ROOT / "LICENSE").read_bytes()
    for wheel in dist.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [one for one in archive.namelist() if one.endswith("licenses/LICENSE")]
            assert archive.read(name) == licence, wheel.name
    assert len(list(dist.glob("*.whl"))) == 2


def test_our_roles_are_below_the_package_alone_and_no_link(dist: Path, tmp_path: Path) -> None:
    command = "from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", f"import sys; {command}", str(tmp_path)],
        cwd=dist.parent / "source", check=True, capture_output=True,
    )  # fmt: skip
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        members = {one.name.partition("/")[2]: one for one in archive.getmembers()}
    wanted = {
        f"jetfleet/{path.relative_to(ROOT)}"
        for folder in ("roles", "templates", "deploys")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= inside(dist, "jetfleet")
    assert wanted <= members.keys()
    assert [name for name, one in members.items() if not (one.isfile() or one.isdir())] == []


def test_both_have_one_version_and_require_exactly_that() -> None:
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    theirs = (ROOT / "twins/pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', ours, re.MULTILINE)
    assert f'\nversion = "{version}"\n' in theirs
    assert f'\n  "jetfleet=={version}",\n' in theirs
    assert f'\ntwins = ["jetfleet-twins=={version}"]' in ours


def test_the_extra_brings_the_command_from_a_folder_of_wheels(dist: Path, tmp_path: Path) -> None:
    installed = install(tmp_path, dist, "jetfleet[twins]")
    shown = run(installed, "twin", "--help")
    assert shown.returncode == 0, shown.stderr
    assert "Boot a virtual Jetson for each host" in shown.stdout
    findings = json.loads(run(installed, "doctor", "--json").stdout)["findings"]
    assert "twins: packages" in {one["what"] for one in findings}


def test_without_the_extra_one_sentence_says_what_to_install(dist: Path, tmp_path: Path) -> None:
    installed = install(tmp_path, dist, "jetfleet")
    for words in (["twin", "up", "lab.yaml"], ["twin", "--help"], ["twin"]):
        refused = run(installed, *words)
        assert refused.returncode == 1
        assert re.fullmatch(
            r"`jetfleet twin` is not installed: .*`jetfleet\[twins\]`.*\n", refused.stderr
        )
    listed = run(installed, "--help")
    assert "  twin " in listed.stdout
    findings = json.loads(run(installed, "doctor", "--json").stdout)["findings"]
    (found,) = (one for one in findings if one["what"].startswith("twins: "))
    assert (found["ok"], found["counts"], "jetfleet[twins]" in found["remedy"]) == (
        False,
        False,
        True,
    )


def test_an_installed_jetfleet_has_all_that_it_needs(dist: Path, tmp_path: Path) -> None:
    """What is not in the wheel works from a checkout only, and a new fleet has no checkout."""
    (wheel,) = dist.glob("jetfleet-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")  # noqa: S202 - our own wheel
    wanted = {
        str(Path("jetfleet") / path.relative_to(top))
        for top, name in (
            (ROOT / "jetfleet", ""), (ROOT, "roles"), (ROOT, "templates"), (ROOT, "deploys"),
        )
        for path in (top / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }  # fmt: skip
    assert wanted - inside(dist, "jetfleet") == set()
    folder = tmp_path / "ours"
    call("init", folder)
    environ = {"PATH": "/nonexistent", "PYTHONPATH": str(tmp_path / "site")}
    script = "import jetfleet, sys; from jetfleet.cli import main; print(jetfleet.__file__); main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "render", "inventory/lab.yaml", "-o", "rendered"],
        cwd=folder, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert str(tmp_path / "site") in done.stdout
    assert done.returncode == 0, done.stderr
    assert (folder / "rendered/nano-1/usr/local/lib/jetfleet/clocks").exists()
    joined = folder / "rendered/nano-1/usr/local/lib/jetfleet/ready"
    alone = [sys.executable, "-I", str(joined), "/nonexistent/ready.json"]
    ended = subprocess.run(alone, capture_output=True, text=True, check=False, timeout=30)
    assert ended.stderr.endswith("is damaged (FileNotFoundError): run the deploy again\n")
