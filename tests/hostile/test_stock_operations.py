"""Operations of pyinfra beside ours in a deploy: `jetfleet` plans and applies them too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.apply.result import HostResult, Result
from jetfleet.plan.model import HostPlan, Plan
from tests.support.loopback import Called, LoopbackFleet, loopback

SPEC = "inventory/lab.yaml"
DEPLOY = """\
from pyinfra.operations import files, server

from jetfleet.converge import apply
from roles import notes

made = files.directory(name="Make the folder", path="HERE/other", mode="755")
apply(notes)
files.file(name="Touch a file", path="HERE/other/file", mode="644")
server.shell(name="Note it", commands=["date >> HERE/other/dates"], _if=made.did_change)
"""


class Fleet:
    """A fleet of one board with such a deploy; each call has its own run folder."""

    def __init__(self, fleet: LoopbackFleet) -> None:
        self.fleet = fleet
        self.folder = fleet.boards["nano"].folder
        self.calls = 0
        self.write(DEPLOY)

    def write(self, deploy: str) -> None:
        self.fleet.deploy.write_text(deploy.replace("HERE", str(self.folder)), encoding="utf-8")

    def call(self, *words: str, status: int) -> Called:
        self.calls += 1
        done = self.fleet.call(words[0], SPEC, *words[1:], run=str(self.calls))
        assert done.status == status, done.out + done.err
        return done

    def file(self, name: str) -> str:
        return (self.fleet.run(str(self.calls)) / name).read_text(encoding="utf-8")

    def plan(self, command: str, status: int) -> HostPlan:
        self.call(command, status=status)
        return Plan.model_validate_json(self.file("plan.json")).hosts[0]

    def apply(self, status: int) -> HostResult:
        self.call("apply", "-y", "--no-verify", status=status)
        return Result.model_validate_json(self.file("result.json")).hosts[0]


@pytest.fixture
def nano(tmp_path: Path) -> Iterator[Fleet]:
    with loopback(tmp_path, "nano") as fleet:
        yield Fleet(fleet)


def others(plan: HostPlan) -> set[str]:
    return {one.title for one in plan.resources if one.role == "pyinfra"}


def test_they_are_planned_applied_and_in_sync(nano: Fleet) -> None:
    planned = nano.plan("plan", 2)
    assert others(planned) == {"Make the folder", "Touch a file"}
    assert len(planned.resources) == 3, "and a file of the role"
    assert any("“Note it” is carried out if its condition" in note for note in planned.notes)
    done = nano.apply(0)
    assert {one.title for one in done.done} >= {"Make the folder", "Touch a file", "Note it"}
    assert done.state == "changed"
    dates = nano.folder / "other/dates"
    assert dates.read_text(encoding="utf-8").count("\n") == 1
    assert (nano.folder / "other/file").is_file()

    assert others(nano.plan("plan", 0)) == set()
    (nano.folder / "other/file").unlink()
    assert others(nano.plan("drift", 2)) == {"Touch a file"}
    # A host on which only such an operation would change anything is applied, too.
    again = nano.apply(0)
    assert {one.title for one in again.done} == {"Touch a file"}
    assert (nano.folder / "other/file").is_file()
    assert dates.read_text(encoding="utf-8").count("\n") == 1


def test_one_that_always_changes_is_in_every_plan(nano: Fleet) -> None:
    nano.write(DEPLOY + "server.shell(commands=['true'])\n")
    nano.apply(0)
    shown = nano.call("plan", status=2)
    assert "pyinfra | server.shell" in " ".join(shown.out.split())
    assert others(nano.plan("plan", 2)) == {"server.shell"}


def test_one_that_fails_fails_its_host(nano: Fleet) -> None:
    nano.write(DEPLOY + "server.shell(name='Fail', commands=['false'])\n")
    done = nano.apply(4)
    assert done.state == "failed"
    assert "operation “Fail” failed" in done.reason


@pytest.mark.parametrize("place", ["above", "below"])
def test_one_that_cannot_be_prepared_refuses_its_host(place: str, nano: Fleet) -> None:
    own = "files.link(name='Link', path='/root/x', target='/y', _chdir='/none')\n"
    nano.write(DEPLOY.replace("made =", f"{own}made =") if place == "above" else DEPLOY + own)
    planned = nano.plan("plan", 3)
    assert planned.state == "refused"
    assert "an operation of pyinfra could not read this host" in planned.reason


def test_plain_pyinfra_does_the_same(nano: Fleet) -> None:
    done = nano.fleet.call("-y", "inventory/lab.py", "deploys/llm.py", program="pyinfra")
    assert done.status == 0, done.err
    assert (nano.folder / "other/file").is_file()
    assert others(nano.plan("plan", 0)) == set()
