"""A controller is killed in the middle, and its store is lost: boards say what is on them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.controller import Controller
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.here.boards import BoardsHere
from jetfleet.rollout.here.reviewed import Reviewed
from jetfleet.rollout.plan_file import PlanFile
from jetfleet.rollout.rebuild import rebuild
from jetfleet.rollout.rollout import Gate, Member, Rollout, Site, Wave
from jetfleet.rollout.store import About, Store
from tests.support.lab import LLM, Lab, Spec, no_reboot
from tests.support.rendered import ROOT
from tests.support.rollout_tasks import REVIEW

CANARY, REST = "nano", "orin"
IGNORED = "*.twins.*\n__pycache__\nstate\n"
GATES = (Gate("verified"), Gate("in-sync"))


class Killed(BaseException):
    """The controller is gone, at once."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab.up(tmp_path / "lab", [CANARY, REST], no_reboot)
    try:
        (lab.spec.parent / ".gitignore").write_text(IGNORED, encoding="utf-8")
        git(lab, "init", "-q")
        commit(lab, "0")
        lab.converge()
        yield lab
    finally:
        lab.down()


def git(lab: Lab, *words: str) -> str:
    named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    command = ["git", "-C", str(lab.spec.parent), *named, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(lab: Lab, change: str) -> str:
    def edit(spec: Spec) -> None:
        spec["defaults"]["services"]["cosmos"] |= {"env": {"CHANGE": change}}

    lab.rewrite(edit)
    git(lab, "add", "-A")
    git(lab, "commit", "-q", "-m", "another state")
    return git(lab, "rev-parse", "HEAD")


def planned(lab: Lab) -> PlanFile:
    """A rollout of what is committed: the canary, then the rest."""
    words = [sys.executable, "-c", REVIEW, str(lab.spec), LLM]
    made = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    reviewed = Reviewed.model_validate_json(made.stdout)
    rollout = Rollout(
        "lost", reviewed.sha256, str(lab.spec), reviewed.commit,
        (Wave("canary", (CANARY,), GATES, canary=True), Wave("rest", (REST,), GATES)),
        {host: Member(host, "here", host) for host in (CANARY, REST)}, {"here": Site("here", 4)},
    )  # fmt: skip
    return PlanFile(rollout=rollout, reviewed=reviewed)


def changes(lab: Lab, host: str) -> Counter[str]:
    """How often the board was changed in each way by the rollout, as its audit log has it."""
    lines = map(json.loads, lab.sh(host, "cat /var/lib/jetfleet/audit.jsonl").splitlines())
    return Counter(line["did"] for line in lines if line.get("rollout") == "lost")


def test_no_board_is_changed_twice(lab: Lab, tmp_path: Path) -> None:
    new = commit(lab, "1")
    plan, place = planned(lab), tmp_path / "rollouts.sqlite"

    def controller(store: Store) -> Controller:
        boards = BoardsHere(plan.reviewed, lab.spec, tmp_path / "rollouts")
        return Controller(store, plan.rollout, boards, "bob on laptop")

    def killed(one: Controller) -> None:
        # In the middle of the canary's change: its task goes on.
        if any(isinstance(event, events.Begun) for _, event in one.store.events("lost")):
            raise Killed

    with closing(Store(place)) as store:
        store.create(plan.rollout, About("ann", 0.0))
        driven = controller(store)
        driven.turned = killed
        with pytest.raises(Killed):
            driven.run()
    for path in tmp_path.glob("rollouts.sqlite*"):
        path.unlink()

    store = Store(place)
    assert rebuild(store, plan, "bob on laptop", time.time())
    again = controller(store)
    assert again.run() is RolloutExit.DONE, again.state
    done = [event for _, event in store.events("lost") if isinstance(event, events.Done)]
    assert "busy" in {one.outcome for one in done if one.host == CANARY}, done
    hosts = again.state.hosts
    assert (hosts[CANARY].outcome, hosts[REST].outcome) == ("changed-before", "changed")
    for host in (CANARY, REST):
        assert new in lab.sh(host, "cat /var/lib/jetfleet/applied.json")
        found = changes(lab, host)
        assert found
        assert set(found.values()) == {1}, found
