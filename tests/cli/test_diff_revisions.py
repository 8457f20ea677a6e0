"""The two sides of `jetfleet diff`: revisions of a repository and the working tree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.cli import ROOT, call, run
from tests.support.differences import address, answer, board_mode, changes, flag
from tests.support.repository import Repository, git


@pytest.fixture
def fleet(tmp_path: Path) -> Repository:
    return Repository.made(tmp_path / "fleet")


def test_revisions_are_compared_as_asked(fleet: Repository) -> None:
    git(fleet.root, "switch", "-q", "-c", "topic")
    fleet.edit(flag)
    fleet.commit("topic")
    git(fleet.root, "switch", "-q", "main")
    fleet.edit(board_mode)
    fleet.commit("main")
    fleet.edit(address)
    assert set(changes(fleet)) == {"nano"}
    assert set(changes(fleet, "HEAD~1")) == {"nano", "orin"}
    assert set(changes(fleet, "HEAD~1..HEAD")) == {"orin"}
    assert set(changes(fleet, "main..topic")) == {"thor", "orin"}
    assert ("power:mode", "mode") in changes(fleet, "main..topic")["orin"]
    assert ("power:mode", "mode") not in changes(fleet, "main...topic")["orin"]
    assert changes(fleet, "..main") == {}
    found = answer(fleet, "main..topic")
    assert found["old"]["commit"] == git(fleet.root, "rev-parse", "main")
    assert found["new"] == {
        "revision": "topic", "commit": git(fleet.root, "rev-parse", "topic"),
    }  # fmt: skip


def test_lock_and_deploy_are_those_of_the_revision(fleet: Repository) -> None:
    (fleet.root / "deploys/llm.py").write_text(
        (fleet.root / "deploys/base.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    rows = [row for group in answer(fleet)["groups"] for row in group["changes"]]
    assert {row["change"] for row in rows} == {"released"}
    assert ("model:cosmos-reason2-2b", "files") in changes(fleet)["nano"]
    assert "no longer managed" in fleet.diff().stdout


def test_a_spec_that_a_revision_lacks_is_all_new(fleet: Repository) -> None:
    copy = fleet.root / "inventory/other.yaml"
    shutil.copy(fleet.spec, copy)
    shutil.copy(fleet.spec.with_suffix(".lock.yaml"), copy.with_suffix(".lock.yaml"))
    done = call("diff", "inventory/other.yaml", cwd=fleet.root)
    assert done.returncode == 2
    assert "HEAD has no inventory/other.yaml: all of it is new" in done.stdout


@pytest.mark.parametrize("word", ["nonsense", "--output=/tmp/x", "HEAD~99", "", "a..b..c"])
def test_what_is_no_revision_is_an_error(fleet: Repository, word: str) -> None:
    done = call("diff", "--", word, "inventory/lab.yaml", cwd=fleet.root)
    assert done.returncode == (0 if word == "" else 1)
    assert "Traceback" not in done.stderr


def test_a_wrong_spec_names_its_revision(fleet: Repository) -> None:
    right = fleet.spec.read_text(encoding="utf-8")
    fleet.edit(lambda spec: spec["boards"]["agx-orin"]["power"].update(mode="120W"))
    wrong = fleet.diff()
    assert wrong.returncode == 1
    assert "inventory/lab.yaml:" in wrong.stderr
    fleet.commit("wrong")
    fleet.spec.write_text(right, encoding="utf-8")
    done = fleet.diff()
    assert done.returncode == 1
    assert done.stderr.startswith("at HEAD:\ninventory/lab.yaml:")


def test_without_a_repository_it_says_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "inventory/lab.yaml", tmp_path)
    shutil.copytree(ROOT / "deploys", tmp_path / "deploys")
    done = call(
        "diff", "lab.yaml", cwd=tmp_path, environ={"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    )
    assert done.returncode == 1
    assert "not a git repository" in done.stderr


def test_a_shallow_clone_works_and_says_what_it_lacks(fleet: Repository, tmp_path: Path) -> None:
    fleet.edit(flag)
    fleet.commit("second")
    fleet.edit(board_mode)
    fleet.commit("third")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "2", fleet.root.as_uri(), str(clone))
    shallow = Repository(clone)
    assert set(changes(shallow, "HEAD~1")) == {"orin"}
    done = shallow.diff("HEAD~2")
    assert done.returncode == 1
    assert "this clone is shallow, it has the last 2 of HEAD's commits" in done.stderr
    assert "fetch-depth: 0" in done.stderr


def test_attributes_of_the_repository_change_nothing(fleet: Repository) -> None:
    (fleet.root / ".gitattributes").write_text(
        "inventory export-ignore\n*.yaml export-subst text eol=crlf\n", encoding="utf-8"
    )
    fleet.commit("attributes")
    assert changes(fleet) == {}


def own_repository(fleet: Repository) -> None:
    """Put the product beside the specs, as in its own repository."""
    for name in ("jetfleet", "roles", "templates"):
        shutil.copytree(
            ROOT / name,
            fleet.root / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    fleet.commit("whole")


def test_programs_of_the_revision_are_used(fleet: Repository) -> None:
    own_repository(fleet)
    path = fleet.root / "jetfleet/board/clocks.sh"
    path.write_text(path.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    environ = {"PYTHONPATH": str(fleet.root)}
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    (group,) = json.loads(done.stdout)["groups"]
    (row,) = group["changes"]
    assert row["resource"] == "file:/usr/local/lib/jetfleet/clocks"
    assert row["diff"][-1] == "+# new"


def test_templates_of_the_revision_are_used(fleet: Repository) -> None:
    own_repository(fleet)
    path = fleet.root / "templates/power/etc/systemd/system/jetfleet-clocks.service.j2"
    path.write_text(path.read_text(encoding="utf-8") + "# new\n", encoding="utf-8")
    environ = {"PYTHONPATH": str(fleet.root)}
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    (group,) = json.loads(done.stdout)["groups"]
    (row,) = group["changes"]
    assert row["resource"] == "file:/etc/systemd/system/jetfleet-clocks.service"
    assert row["diff"][-1] == "+# new"
    path.write_text("{{ nobody_knows }}", encoding="utf-8")
    fleet.commit("a template that does not go with this code")
    git(fleet.root, "checkout", "-q", "HEAD~1", "--", "templates")
    done = run("diff", "--json", "inventory/lab.yaml", cwd=fleet.root, environ=environ)
    assert json.loads(done.stdout)["same"] is True
    assert "templates of HEAD do not work with this jetfleet" in done.stdout
