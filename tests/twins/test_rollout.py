"""A rollout on twins: a good change goes through; each bad one is stopped and taken back."""

from __future__ import annotations

import json
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
from tests.support.lab import LLM, Lab, Spec, no_reboot, until
from tests.support.rendered import ROOT
from tests.support.rollout_tasks import REVIEW

CANARY, REST = "nano", "orin"
RATE = Gate("tokens_per_second", {"service": "cosmos", "requests": "5..30"}, measured=True)
GATES = (Gate("verified"), Gate("in-sync"), Gate("no-restarts"), RATE)
PACED = {"JETFLEET_STANDIN_TOKEN_SECONDS": "0.008"}
IGNORED = "*.twins.*\n__pycache__\nstate\n"


@dataclass
class Clone:
    """The clone of a lab's spec, and the rollouts that were made of its commits."""

    lab: Lab
    state: Path

    def commit(self, name: str, **env: str) -> str:
        def edit(spec: Spec) -> None:
            service = {"env": {**PACED, **env}, "ready_timeout": 20}
            spec["defaults"]["services"]["cosmos"] |= service

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


def test_a_good_change_goes_through(clone: Clone) -> None:
    good = clone.commit("good", CHANGE="1")
    driven = clone.controller("good")
    assert driven.run() is RolloutExit.DONE, driven.state
    assert {host.outcome for host in driven.state.hosts.values()} == {"changed"}
    for host in (CANARY, REST):
        assert good in clone.record(host)


@pytest.mark.parametrize(
    ("fault", "outcome", "gates"),
    [
        ("never-ready", "failed", ()),
        # Its figures do not count either.
        ("rubbish", "changed", ("verified", "tokens_per_second")),
        ("slow", "changed", ("tokens_per_second",)),
    ],
)
def test_a_bad_change_is_stopped_by_its_gate_and_taken_back(
    clone: Clone, fault: str, outcome: str, gates: tuple[str, ...]
) -> None:
    untouched, before = clone.record(REST), clone.record(CANARY)
    bad = clone.commit(fault, CHANGE="1", JETFLEET_STANDIN_FAULT=fault)
    driven = clone.controller(fault)
    assert driven.run() is RolloutExit.HALTED, driven.state
    hosts = driven.state.hosts
    assert (hosts[CANARY].outcome, hosts[CANARY].undo) == (outcome, "undone"), hosts[CANARY]
    read = driven.state.probes[0].read if gates else {}
    failed = {name: one.hosts for name, one in read.items() if one.verdict == "fail"}
    assert failed == dict.fromkeys(gates, (CANARY,)), read
    assert (hosts[REST].outcome, clone.record(REST)) == ("", untouched)
    assert commit_of(clone.record(CANARY)) == commit_of(before)
    assert bad not in clone.record(CANARY)
    assert "1, 2, 3" in clone.lab.chat(CANARY, "Count from 1 to 10.")
    until(lambda: clone.git("worktree", "list").count("\n") == 0, "an end without a tree", 30)


def commit_of(record: str) -> str:
    return str(json.loads(record)["commit"])
