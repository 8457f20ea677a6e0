"""What dpkg says of packages: it is asked once in a survey, and by a script on its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.resources import Package, PackageAbsent, PackageVersion, Resource, RunOptions
from jetfleet.steps.packages import packages, read_packages
from jetfleet.survey import survey

SAID = "a installed 1.0-1\ngone not-installed \nab config-files 2:1~x\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dpkg-query that notes how it is called."""
    program = tmp_path / "dpkg-query"
    program.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$*\" >> {tmp_path}/called\nprintf '%s' '{SAID}'\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def run(script: str) -> str:
    return subprocess.run(
        ["sh", "-s"], input=script, capture_output=True, text=True, check=True
    ).stdout


def test_each_form_gets_its_packages_alone(folder: Path) -> None:
    of = packages("%s=%.0s%s=%s", ["ab", "gone", "none", "*"])
    assert run(of) == "gone==not-installed\nab=2:1~x=config-files\n"
    assert run(f"{read_packages(['a', 'ab'])}( {of})\n{packages('%s %s%.0s%.0s', ['a'])}") == (
        "gone==not-installed\nab=2:1~x=config-files\na installed\n"
    )
    called = (folder / "called").read_text().splitlines()
    assert [line.rpartition(" -- ")[2] for line in called] == ["ab gone none *", "a ab"]


def test_a_survey_asks_once_for_all_kinds(folder: Path) -> None:
    kinds: list[Resource[str]] = [Package("a"), PackageVersion("a", "1.0*"), PackageAbsent("ab")]
    states = survey.read(run(survey.script(kinds, RunOptions())), kinds).states
    assert list(states.values()) == ["installed", "1.0-1", "config-files"]
    assert len((folder / "called").read_text().splitlines()) == 1


def test_a_dpkg_that_hangs_is_named_for_all_kinds(folder: Path) -> None:
    (folder / "dpkg-query").write_text("#!/bin/sh\nexec sleep 600\n")
    kinds: list[Resource[str]] = [Package("a"), PackageAbsent("ab")]
    script = survey.script(kinds, RunOptions()).replace("packages 20", "packages 1")
    done = subprocess.run(
        ["setsid", "-w", "sh", "-s"], input=script, capture_output=True, text=True, check=True
    )
    for state in survey.read(done.stdout, kinds).states.values():
        assert isinstance(state, survey.Unknown)
        assert "did not answer within 1 s: `sleep 600` hangs" in state.reason


def test_a_hostile_name_runs_nothing(folder: Path) -> None:
    name = '"$(touch hostile)`touch hostile`; '
    assert run(packages("%s%.0s%.0s%.0s", [name])) == ""
    assert name in (folder / "called").read_text()


@pytest.mark.parametrize("line", ["a installed 1", "y", "''"])
def test_output_without_end_fails_the_section_and_is_not_kept(folder: Path, line: str) -> None:
    (folder / "dpkg-query").write_text(f"#!/bin/sh\nexec yes {line}\n")
    kinds: list[Resource[str]] = [Package("a"), PackageAbsent("ab")]
    for state in survey.read(run(survey.script(kinds, RunOptions())), kinds).states.values():
        assert isinstance(state, survey.Unknown)
        assert "its section ended with 1" in state.reason
