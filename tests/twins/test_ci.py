"""The pipelines of docs/ci where boards are asked: on twins of the boards that a branch changes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import Lab, no_reboot, write_spec
from tests.support.pipelines import Clone, Step, github_steps, gitlab_steps
from twins.fleet import Fleet


@pytest.fixture
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A fleet of one board without a rollout file, and a branch that changes one option of it."""
    clone = Clone.of_head(tmp_path_factory.mktemp("ci"))
    (clone.folder / "inventory/rollout.yaml").unlink()
    write_spec(clone.folder / "inventory", ["nano"], no_reboot)
    clone.commit("A fleet of one board")
    clone.base = clone.git("rev-parse", "HEAD").strip()
    clone.edit("max-num-seqs: 1", "max-num-seqs: 2")
    yield clone
    for step in github_steps("twins", {"github.event.pull_request.base.sha": clone.base})[-1:]:
        clone.run(step)


@pytest.fixture
def key(clone: Clone) -> Path:
    """A private key; the twins take another one, which their overlay names."""
    path = clone.folder.parent / "deploy-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def run(clone: Clone, steps: list[Step], **environ: str) -> None:
    """Run the steps of `plan` or `apply` on a runner whose home is beside the clone."""
    home = str(clone.folder.parent)
    where = {"HOME": home, "RUNNER_TEMP": home, "GITHUB_RUN_ID": "1", "CI_PIPELINE_ID": "2"}
    for step in steps:
        clone.run(step, **where, **environ)


@pytest.mark.campaign
def test_a_pull_request_is_deployed_on_twins_and_main_is_planned_and_applied(
    clone: Clone, key: Path
) -> None:
    expressions = {
        "github.event.pull_request.base.sha": clone.base,
        "secrets.FLEET_SSH_KEY": key.read_text(),
        "secrets.NGC_API_KEY": "",
    }
    *steps, end = github_steps("twins", expressions)
    assert end.name == "End the twins"
    for step in steps:
        clone.run(step)
    # On main, with the twin for a board: what is deployed needs nothing, and a later change does.
    run(clone, github_steps("plan", expressions))
    assert clone.said("GITHUB_OUTPUT").splitlines()[-1] == "changes=false"
    clone.edit("max-num-seqs: 2", "max-num-seqs: 3")
    run(clone, github_steps("plan", expressions))
    assert clone.said("GITHUB_OUTPUT").splitlines()[-1] == "changes=true"
    assert "cosmos" in clone.said("GITHUB_STEP_SUMMARY")
    run(clone, github_steps("apply", expressions))
    run(clone, github_steps("plan", expressions))
    assert clone.said("GITHUB_OUTPUT").splitlines()[-1] == "changes=false"
    # GitLab's main does the same, and its merge request ends with no twin left.
    clone.edit("max-num-seqs: 3", "max-num-seqs: 4")
    run(clone, gitlab_steps("plan"), FLEET_SSH_KEY=str(key))
    run(clone, gitlab_steps("apply"), FLEET_SSH_KEY=str(key))
    run(clone, github_steps("plan", expressions))
    assert clone.said("GITHUB_OUTPUT").splitlines()[-1] == "changes=false"


@pytest.mark.campaign
def test_a_merge_request_of_a_new_fleet_is_deployed_on_twins(tmp_path: Path) -> None:
    """GitLab's job, in the repository that `jetfleet init` lays out and a person has filled in."""
    new = Clone.of_init(tmp_path)
    new.edit("format: never", "format: if-blank")
    new.edit("hf:Qwen/Qwen2.5-1.5B-Instruct@main", "hf:Qwen/Qwen3-VL-2B-Instruct@main")
    new.base = new.git("rev-parse", "HEAD").strip()
    new.edit("max-num-seqs: 4", "max-num-seqs: 2")
    spec = new.folder / "inventory/lab.yaml"
    script, end = gitlab_steps("twins")
    try:
        said = new.run(script, CI_MERGE_REQUEST_DIFF_BASE_SHA=new.base)
        assert "1 host: 1 changed" in said
        assert "\n1 host: 1 in-sync\n" in said
        twins = Fleet.find(spec)
        assert twins is not None
        assert Lab(spec, twins).get("nano-1", "/standin/options")["max-num-seqs"] == 2
    finally:
        new.run(end)
    assert Fleet.find(spec) is None
