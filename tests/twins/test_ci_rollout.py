"""The pipelines of docs/ci bring a change to twins in waves; their runner is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from jetfleet.cli.lock import lock
from jetfleet.rollout import events
from jetfleet.rollout.store import Store
from tests.support.lab import Lab, Spec, no_reboot, until, write_spec
from tests.support.pipelines import Clone, Step, github_steps, gitlab_steps
from twins.fleet import Fleet

CANARY, REST = "nano", "orin"
ROLLOUT = """version: 1
spec: lab.yaml
order: listed
waves:
  - {name: canary, hosts: [nano], gate: quick, soak: 20s, then: person}
  - {name: rest, hosts: 100%, gate: quick}
"""
TRACKED = "github_0f3a"
"""What GitHub's runner puts into RUNNER_TRACKING_ID, to end at the end of a job all that has it."""


def numbered(spec: Spec) -> None:
    """Give each server a number, which tests change."""
    no_reboot(spec)
    spec["defaults"]["services"]["cosmos"]["env"] = {"CHANGE": "n0"}


@dataclass
class Farm:
    """Two boards, the clone on their runner, and its home, which it keeps between jobs."""

    clone: Clone
    lab: Lab
    key: Path
    runs: int = 0

    @property
    def home(self) -> Path:
        return self.clone.folder.parent

    def environ(self) -> dict[str, str]:
        temp = self.home / "temp"
        temp.mkdir(exist_ok=True)
        return {
            "HOME": str(self.home), "RUNNER_TEMP": str(temp), "RUNNER_TRACKING_ID": TRACKED,
            "GITHUB_REPOSITORY_ID": "7", "GITHUB_RUN_ID": str(self.runs), "GITHUB_ACTOR": "ada",
            "CI_PROJECT_ID": "7", "CI_PIPELINE_ID": str(self.runs), "GITLAB_USER_LOGIN": "ada",
            "FLEET_SSH_KEY": str(self.key),
        }  # fmt: skip

    def github(self, job: str, **given: str) -> Step:
        secrets = {"secrets.NGC_API_KEY": "", "secrets.FLEET_SSH_KEY": self.key.read_text()}
        inputs = {f"inputs.{name}": given.get(name, "") for name in ("word", "reason", "plan")}
        install, step = github_steps(job, {**secrets, **inputs})
        self.clone.run(install)
        return step

    def ran(self, step: Step, **environ: str) -> tuple[int, str]:
        done = self.clone.ran(step, **{**self.environ(), **step.env, **environ})
        return done.returncode, done.stdout + done.stderr

    def change(self, old: str, new: str) -> str:
        """Commit a change of both boards, and plan it, as a push to main and its approval do."""
        self.clone.edit(old, new)
        self.runs += 1
        status, said = self.ran(self.github("plan"))
        assert status == 0, said
        written = self.clone.said("GITHUB_OUTPUT").splitlines()[-2:]
        assert written == ["rollout=true", "changes=true"]
        return self.clone.git("rev-parse", "HEAD").strip()

    def events(self) -> list[events.Event]:
        """What has happened in the last rollout."""
        path = self.home / "jetfleet-rollouts/7.sqlite"
        if not path.exists():
            return []
        store = Store(path)
        names = [one.id for one in store.rollouts()]
        found = [event for _, event in store.events(names[-1])] if names else []
        store.close()
        return found

    def again(self) -> tuple[int, str]:
        return self.ran(self.github("again"))

    def changes(self, commit: str) -> Counter[tuple[str, str]]:
        """How often each thing was done on each board for a commit, as the board itself says."""
        found: Counter[tuple[str, str]] = Counter()
        for host in (CANARY, REST):
            for line in self.lab.sh(host, "cat /var/lib/jetfleet/audit.jsonl").splitlines():
                row = json.loads(line)
                if row.get("commit") == commit and row.get("rollout"):
                    found[host, str(row["did"])] += 1
        return found

    def record(self, host: str) -> str:
        """The commit that a board has."""
        applied = self.lab.sh(host, "cat /var/lib/jetfleet/applied.json")
        return str(json.loads(applied)["commit"])


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    clone = Clone.of_head(tmp_path_factory.mktemp("ci"))
    spec = write_spec(clone.folder / "inventory", [CANARY, REST], numbered)
    (spec.parent / "rollout.yaml").write_text(ROLLOUT, encoding="utf-8")
    clone.commit("A farm of two boards")
    key = clone.folder.parent / "deploy-key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    lab = Lab(spec, Fleet.up(spec, owner_pid=os.getpid()))
    try:
        lock(spec, upgrade=False)
        clone.run(Step("First", f".venv/bin/jetfleet apply -y {spec}"))
        yield Farm(clone, lab, key)
    finally:
        end_agents(clone.folder.parent)
        lab.down()


def end_agents(home: Path) -> None:
    """End the SSH agents that jobs of this home left for their tasks, before their time is over."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            its = (process / "environ").read_bytes().split(b"\0")
            agent = (process / "comm").read_text() == "ssh-agent\n"
            if agent and f"HOME={home}".encode() in its:
                os.kill(int(process.name), signal.SIGTERM)


def kill(begun: subprocess.Popen[str]) -> None:
    """Kill a job as runners do: its process group, then what GitHub's runner knows as its own."""
    os.killpg(begun.pid, signal.SIGKILL)
    begun.communicate()
    kill_all("environ", f"RUNNER_TRACKING_ID={TRACKED}")


def kill_all(of: str, *words: str) -> None:
    """Kill each process that has these words in its environment, or on its command line."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            text = path.joinpath(of).read_bytes().split(b"\0")
            if all(any(word.encode() in part for part in text) for word in words):
                os.kill(int(path.name), signal.SIGKILL)


def begin(farm: Farm) -> subprocess.Popen[str]:
    """Begin the job `rollout`; return it once a change has begun on a board."""
    step = farm.github("rollout")
    begun = farm.clone.begin(step, **{**farm.environ(), **step.env})

    def has_begun() -> bool:
        assert begun.poll() is None, begun.communicate()
        return any(isinstance(one, events.Begun) for one in farm.events())

    until(has_begun, "a change", 90)
    return begun


def test_a_change_goes_through_though_its_runner_is_killed(farm: Farm) -> None:
    commit = farm.change("CHANGE: n0", "CHANGE: n1")
    assert "| canary | 1" in farm.clone.said("GITHUB_STEP_SUMMARY")
    kill(begin(farm))
    # The schedule finds what is in work, waits for the canary, and stays for no soak.
    status, said = farm.again()
    assert (status, "::warning::" in said) == (0, True), said
    assert {host for host, _ in farm.changes(commit)} == {CANARY}
    until(lambda: "wave canary is ready" in farm.again()[1], "the end of the soak", 90)
    status, said = farm.ran(farm.github("rollout", word="pass", reason="it is good"))
    assert (status, "::warning::" in said, "done" in said) == (0, False, True), said
    assert (farm.record(CANARY), farm.record(REST)) == (commit, commit)
    changes = farm.changes(commit)
    assert set(changes.values()) == {1}, changes
    assert {host for host, _ in changes} == {CANARY, REST}
    assert not any(
        isinstance(one, events.Sent) and one.purpose == "survey" for one in farm.events()
    )
    assert farm.again() == (0, "no rollout is to be resumed here\n")


@pytest.mark.campaign
def test_a_machine_that_dies_with_all_tasks_leaves_no_board_unknown(farm: Farm) -> None:
    before = farm.record(CANARY)
    farm.change("CHANGE: ", "CHANGE: x")
    begun = begin(farm)
    kill_all("cmdline", "jetfleet.rollout.here.task_process", str(farm.home))
    kill(begun)
    status, said = farm.again()
    assert status == 4, said
    assert "`git revert" in said
    assert (farm.record(CANARY), farm.record(REST)) == (before, before)
    assert farm.again()[0] == 0


@pytest.mark.campaign
def test_gitlab_brings_a_change_in_waves(farm: Farm) -> None:
    farm.clone.edit("CHANGE: ", "CHANGE: y")
    farm.runs += 1
    commit = farm.clone.git("rev-parse", "HEAD").strip()
    (plan,), (rollout, report), (again, _) = map(gitlab_steps, ("plan", "rollout", "again"))
    status, said = farm.ran(plan)
    assert (status, "canary" in said) == (0, True), said
    status, said = farm.ran(rollout)
    assert status == 5, said
    until(lambda: "wave canary is ready" in farm.ran(again)[1], "the end of the soak", 90)
    status, said = farm.ran(rollout, WORD="pass", REASON="it is good")
    assert status == 0, said
    assert farm.ran(report)[0] == 0
    assert "<testsuite" in (farm.clone.folder / "rollout.xml").read_text()
    assert set(farm.changes(commit).values()) == {1}
    assert farm.ran(again)[0] == 0
