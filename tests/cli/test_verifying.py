"""The verification of an apply: one run at a time while hosts are done, unless that run hangs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jetfleet.apply import verifying as product
from jetfleet.apply.verifying import Verifying
from jetfleet.events.event import Changed, Completed
from jetfleet.events.write import json_line
from jetfleet.run.folder import About, Folder
from jetfleet.run.interrupt import Interrupt
from jetfleet.run.pyinfra import Job
from tests.support.lab import until

HOSTS = ("a", "b", "c", "d")


class Noting(Job):
    """A run that notes its hosts in a file, and ends once a file named after them is there."""

    @property
    def command(self) -> list[str]:
        names = "".join(self.hosts)
        script = 'echo "$1" >> asked; until [ -e "end-$1" ]; do sleep 0.05; done'
        return ["sh", "-c", script, "sh", names]


class Apply:
    """An apply whose hosts are done when a test says so."""

    def __init__(self, folder: Path, runs: ExitStack) -> None:
        self.folder = folder
        about = About("apply", "lab.yaml", "llm.py", "", HOSTS, 0.0)
        job = Noting(Path("inventory.py"), Path("verify.py"), list(HOSTS), "verify", folder=folder)
        run = Folder.make(about, folder / "run")
        self.verifying = Verifying(job, run, Interrupt(terminals=()), HOSTS, runs)

    def done(self, host: str) -> None:
        changed = Changed(host=host, resource="file:/a", begun=1, changes=(), phase="apply")
        lines = map(json_line, (changed, Completed(host=host, phase="apply")))
        path = self.folder / f"run/{host}.jsonl"
        path.write_text("".join(lines), encoding="utf-8")

    @property
    def asked(self) -> list[str]:
        path = self.folder / "asked"
        return path.read_text().split() if path.exists() else []

    def turns_until(self, *asked: str) -> None:
        def there() -> bool:
            self.verifying.turn()
            return self.asked == list(asked)

        until(there, f"runs that ask {asked}", 10)

    def end(self, names: str) -> None:
        (self.folder / f"end-{names}").touch()


@pytest.fixture
def apply(tmp_path: Path) -> Iterator[Apply]:
    with ExitStack() as runs:
        found = Apply(tmp_path, runs)
        yield found
        for names in found.asked:
            found.end(names)


def test_hosts_are_gathered_while_others_are_asked(apply: Apply) -> None:
    apply.done("a")
    apply.turns_until("a")
    for host in ("b", "c"):
        apply.done(host)
        apply.verifying.turn()
    assert apply.asked == ["a"], "one run at a time"
    apply.end("a")
    apply.turns_until("a", "bc")
    apply.end("bc")
    apply.done("d")
    apply.end("d")
    apply.verifying.finish(lambda: None)
    assert apply.asked == ["a", "bc", "d"], "each host once"


def test_a_run_that_hangs_holds_back_the_next_one_for_its_patience_alone(
    apply: Apply, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply.done("a")
    apply.turns_until("a")
    apply.done("b")
    monkeypatch.setattr(product, "PATIENCE", 0.0)
    apply.turns_until("a", "b")
    assert len(list((apply.folder / "run").glob("verify*.log"))) == 2


def test_nothing_more_is_asked_after_a_ctrl_c(apply: Apply) -> None:
    apply.done("a")
    apply.verifying.interrupt.number = 2
    apply.verifying.finish(lambda: None)
    assert apply.asked == []
