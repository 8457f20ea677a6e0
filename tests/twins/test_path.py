"""A new user's path: what README and guide let a reader do, done as it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from jetfleet.plan.model import HostPlan, Plan
from tests.support import terminal
from tests.support.guide import PAGES, README, blocks, follow
from tests.support.lab import Lab
from tests.support.lab_cli import named
from tests.support.pipelines import Clone
from tests.support.pyinfra import BIN, ROOT
from twins.fleet import Fleet

pytestmark = pytest.mark.campaign

DOWN = "jetfleet twin down inventory/lab.yaml"


@dataclass(frozen=True)
class Reader:
    """A user who has just cloned the project, and the runs that they made."""

    folder: Path
    state: Path
    environ: Mapping[str, str]

    @property
    def lab(self) -> Lab:
        spec = self.folder / "inventory/lab.yaml"
        fleet = Fleet.find(spec)
        assert fleet is not None
        return Lab(spec, fleet)

    def plans(self, command: str) -> list[dict[str, HostPlan]]:
        """The plans that runs of a command made, in the order of time, by host."""
        found = sorted((self.state / "jetfleet/runs").glob(f"*-{command}*/plan.json"))
        made = [Plan.model_validate_json(path.read_text(encoding="utf-8")) for path in found]
        return [{host.host: host for host in one.hosts} for one in made]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    clone = Clone.of_head(tmp_path_factory.mktemp("reader"))
    state = tmp_path_factory.mktemp("state")
    environ = {
        # The Python of this project, with the product of the clone.
        "PYTHONPATH": str(clone.folder),
        "PYINFRA_PROGRESS": "off",
        # Twins of a reader stay up: those of these tests end with the tests, however they end.
        "JETFLEET_TWINS_OWNER": str(os.getpid()),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state))
        yield Reader(clone.folder, state, environ)
        assert f"`{DOWN}`" in README.read_text(encoding="utf-8")
        path = {**environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
        assert terminal.run(["bash", "-c", DOWN], clone.folder, path).status == 0
        assert Fleet.find(clone.folder / "inventory/lab.yaml") is None


@pytest.mark.timeout(900)
def test_the_readme_does_what_it_says(reader: Reader) -> None:
    marks = ("path", "edit", "prints")
    for block, command, wrong in follow(README, reader.folder, *marks, environ=reader.environ):
        assert not wrong, f"{block}: {command}: {wrong}"
        if block.mark.startswith("path: exits 2"):
            assert options(reader, "nano")["max-num-seqs"] == 1, "a plan changes nothing"
    first, last = reader.plans("plan")
    assert {name for name, host in first.items() if host.state == "changes"} == {"nano"}
    # The file with the flag and what comes of it: the unit that names its hash, the start, the
    # record of the apply.
    assert named(first["nano"]) == {
        ("file:/etc/jetfleet/cosmos/vllm.yaml", "content"),
        ("file:/etc/systemd/system/jetfleet-cosmos.service", "content"),
        ("service:cosmos", "started-with"),
        ("applied:record", "record"),
    }
    (diff,) = {
        change.diff
        for one in first["nano"].resources
        for change in one.changes
        if one.resource.endswith("vllm.yaml")
    }
    assert diff is not None
    old, new = (set(text.splitlines()) for text in diff)
    assert (old - new, new - old) == ({"max-num-seqs: 1"}, {"max-num-seqs: 2"})
    assert options(reader, "nano")["max-num-seqs"] == 2
    assert options(reader, "orin").get("max-num-seqs") != 2
    assert {host.state for host in last.values()} == {"in-sync"}


def options(reader: Reader, host: str) -> dict[str, object]:
    """With which options the server on a board runs, as it says itself."""
    found = reader.lab.get(host, "/standin/options")
    assert isinstance(found, dict)
    return found


TOLD = [page for page in PAGES if any(b.mark.partition(":")[0] == "twins" for b in blocks(page))]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_does_on_twins(page: Path, reader: Reader) -> None:
    for block, command, wrong in follow(page, reader.folder, "twins", environ=reader.environ):
        assert not wrong, f"{block}: {command}: {wrong}"
