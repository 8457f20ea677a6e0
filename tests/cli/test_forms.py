"""The documented forms of what validate, render and diff print; `make snapshots` rewrites them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import ROOT, call
from tests.support.forms import FORMS, keep
from tests.support.repository import Repository


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with one of each kind of change in its working tree."""
    made = Repository.made(tmp_path_factory.mktemp("forms") / "fleet")

    def edit(spec: Any) -> None:
        spec["groups"]["ample-memory"]["services"]["cosmos"]["flags"]["max-model-len"] = 4096
        spec["boards"]["agx-orin"]["power"]["mode"] = "MODE_15W"
        spec["hosts"]["nano"]["docker"] = None
        spec["hosts"]["spare"] = {**spec["hosts"]["nano"], "address": "192.0.2.14"}

    made.edit(edit)
    return made


@pytest.mark.parametrize(
    ("name", "words"), [("diff.txt", []), ("diff.json", ["--json"]), ("diff.md", ["--markdown"])]
)
def test_diff(name: str, words: list[str], fleet: Repository, request: Any) -> None:
    done = fleet.diff(*words)
    assert (done.returncode, done.stderr) == (2, "")
    keep(name, done.stdout, request)


@pytest.mark.parametrize("words", [["--json"], []], ids=["json", "text"])
def test_validate(words: list[str], tmp_path: Path, request: Any) -> None:
    text = (ROOT / "tests/data/fleet.yaml").read_text(encoding="utf-8")
    text = text.replace("clocks: locked", "clocks: lokced").replace(
        "mode: MAXN_SUPER", "mode: 120W"
    )
    text = text.replace("dir: /mnt/nvme/models", "dir: /srv/models")
    (tmp_path / "lab.yaml").write_text(text, encoding="utf-8")
    done = call("validate", *words, "lab.yaml", cwd=tmp_path)
    assert done.returncode == 1
    keep(*(("validate.json", done.stdout) if words else ("validate.txt", done.stderr)), request)


def test_render(fleet: Repository, request: Any) -> None:
    done = call("render", "inventory/lab.yaml", "--json", cwd=fleet.root)
    answer = json.loads(done.stdout)
    for host in answer["hosts"]:
        host["files"] = dict.fromkeys(host["files"], "the text of the file")
    answer["hosts"] = answer["hosts"][-1:]
    keep("render.json", json.dumps(answer, indent=2, sort_keys=True) + "\n", request)


def test_every_form_has_its_version() -> None:
    second = {"plan", "drift", "result", "status", "bench"}
    for path in FORMS.glob("*.json"):
        number = 2 if path.stem in second else 1
        assert json.loads(path.read_text(encoding="utf-8"))["schema"] == number
