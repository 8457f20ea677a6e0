"""A rollout on twins: a good change goes through, a server that is never ready is taken back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jetfleet.rollout.controller import Controller
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.here.boards import BoardsHere
from jetfleet.rollout.here.reviewed import Reviewed
from jetfleet.rollout.rollout import Gate, Member, Rollout, Site, Wave
from jetfleet.rollout.store import About, Store
from tests.support.lab import LLM, Lab, Spec, no_reboot
from tests.support.rendered import ROOT
from tests.support.rollout_tasks import REVIEW

CANARY, REST = "nano", "orin"
GATES = (Gate("verified"), Gate("in-sync"))
IGNORED = "*.twins.*\n__pycache__\nstate\n"


@dataclass
class Clone:
    """The clone of a lab's spec, and the rollouts that were made of its commits."""

    lab: Lab
    state: Path

    def commit(self, name: str, **env: str) -> str:
        def edit(spec: Spec) -> None:
            spec["defaults"]["services"]["cosmos"] |= {"env": env, "ready_timeout": 20}

        self.lab.rewrite(edit)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", name)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        command = ["git", "-C", str(self.lab.spec.parent), *named, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def controller(self, name: str) -> Controller:
        """The controller of a rollout of what is committed: the canary, then the rest."""
        words = [sys.executable, "-c", REVIEW, str(self.lab.spec), LLM]
        made = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        reviewed = Reviewed.model_validate_json(made.stdout)
        assert {one.state for one in reviewed.hosts} == {"changes"}
        assert not any(one.no_way_back for one in reviewed.hosts)
        hosts = (CANARY, REST)
        rollout = Rollout(
            name, reviewed.sha256, str(self.lab.spec), reviewed.commit,
            (Wave("canary", (CANARY,), GATES, canary=True), Wave("rest", (REST,), GATES)),
            {host: Member(host, "here", host) for host in hosts}, {"here": Site("here", 4)},
        )  # fmt: skip
        store = Store(self.state / "rollouts.sqlite")
        store.create(rollout, About("ann", 0.0), "")
        boards = BoardsHere(reviewed, self.lab.spec, self.state / "rollouts")
        return Controller(store, rollout, boards, "ann on desk")

    def record(self, host: str) -> str:
        return self.lab.sh(host, "cat /var/lib/jetfleet/applied.json")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    lab = Lab.up(tmp_path_factory.mktemp("rollout"), [CANARY, REST], no_reboot)
    try:
        found = Clone(lab, tmp_path_factory.mktemp("state"))
        (lab.spec.parent / ".gitignore").write_text(IGNORED, encoding="utf-8")
        found.git("init", "-q")
        found.commit("first", CHANGE="0")
        lab.converge()
        yield found
    finally:
        lab.down()


def test_a_good_change_goes_through_and_a_bad_one_is_taken_back(clone: Clone) -> None:
    good = clone.commit("good", CHANGE="1")
    driven = clone.controller("good")
    assert driven.run() is RolloutExit.DONE, driven.state
    assert {host.outcome for host in driven.state.hosts.values()} == {"changed"}
    for host in (CANARY, REST):
        assert good in clone.record(host)

    untouched = clone.record(REST)
    bad = clone.commit("bad", CHANGE="2", JETFLEET_STANDIN_FAULT="never-ready")
    driven = clone.controller("bad")
    assert driven.run() is RolloutExit.HALTED, driven.state
    hosts = driven.state.hosts
    assert (hosts[CANARY].outcome, hosts[CANARY].undo) == ("failed", "undone"), hosts[CANARY]
    assert (hosts[REST].outcome, clone.record(REST)) == ("", untouched)
    assert good in clone.record(CANARY)
    assert bad not in clone.record(CANARY)
    assert clone.lab.chat(CANARY)
    assert clone.git("worktree", "list").count("\n") == 0
