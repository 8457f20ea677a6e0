"""`jetfleet init`: a new fleet's repository is right as it is laid out, and nothing is lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from jetfleet.starter import files
from tests.support.cli import ROOT, call

BIN = Path(sys.executable).parent


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    done = call("init", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_what_is_laid_out(fleet: Path) -> None:
    there = {str(path.relative_to(fleet)) for path in fleet.rglob("*") if path.is_file()}
    assert there == set(files())
    assert there >= {
        "README.md", ".gitignore", ".github/workflows/fleet.yml", "inventory/lab.yaml",
        "inventory/lab.py", "inventory/known_hosts", "inventory/spec.schema.json",
        "deploys/llm.py", "roles/__init__.py", "requirements.txt",
    }  # fmt: skip


def test_it_is_valid_as_it_is(fleet: Path) -> None:
    done = call("validate", "inventory/lab.yaml", cwd=fleet)
    assert (done.returncode, done.stderr) == (0, "")
    spec = YAML(typ="safe", pure=True).load((fleet / "inventory/lab.yaml").read_text())
    schema = json.loads((fleet / "inventory/spec.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(spec)) == []


def test_pyinfra_reads_its_inventory(fleet: Path) -> None:
    done = subprocess.run(
        [str(BIN / "pyinfra"), "inventory/lab.py", "deploys/llm.py", "--dry"],
        cwd=fleet, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "the model chat is not locked" in done.stderr
    assert "Run `jetfleet lock inventory/lab.yaml`" in done.stderr


def test_its_deploys_are_those_of_the_product() -> None:
    for path in sorted((ROOT / "deploys").glob("*.py")):
        assert files()[f"deploys/{path.name}"] == path.read_text(encoding="utf-8")
    assert files()["inventory/lab.py"] == (ROOT / "inventory/lab.py").read_text(encoding="utf-8")


def test_every_command_of_its_readme_exists(fleet: Path) -> None:
    text = (fleet / "README.md").read_text(encoding="utf-8")
    names = set(re.findall(r"jetfleet ([a-z]+)", text))
    assert names >= {"doctor", "validate", "lock", "trust", "diff", "plan", "apply"}
    for name in names:
        assert call(name, "--help").returncode == 0, name


@pytest.mark.parametrize("name", ["README.md", "inventory/lab.yaml", ".gitignore"])
def test_nothing_is_ever_overwritten(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    (tmp_path / "other").write_text("mine too", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = call("init", cwd=tmp_path)
    assert done.returncode == 1
    assert f"has {name} already, and nothing is overwritten" in done.stderr
    assert path.read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to(tmp_path / "elsewhere")
    assert call("init", cwd=tmp_path).returncode == 1
    assert not (tmp_path / "elsewhere").exists()
