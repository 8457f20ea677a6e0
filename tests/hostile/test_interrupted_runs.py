"""Runs that end by a signal, or whose command is killed: nobody is left who changes boards."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from jetfleet.run.interrupt import interrupts
from tests.support import terminal
from tests.support.lab import until
from tests.support.loopback import LoopbackFleet, loopback
from tests.support.pyinfra import BIN

APPLY = ("apply", "-y", "inventory/lab.yaml")
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    """Two boards; writing a file hangs on the second."""
    with loopback(tmp_path, "first", "second") as fleet:
        fleet.boards["second"].hangs = lambda title: "Write" in title
        yield fleet


def under_way(fleet: LoopbackFleet) -> None:
    """Wait until the first board is done, and the second is being changed.

    Only `jetfleet` keeps events.
    """
    second = fleet.boards["second"]
    until(lambda: any("Write" in title for title in second.titles), "the change", 30)
    if fleet.run("it").exists():
        until(lambda: '"completed"' in events(fleet, "first"), "the end of the first board", 30)


def events(fleet: LoopbackFleet, name: str) -> str:
    """Lines of the events of a board."""
    files = fleet.run("it").rglob(f"{name}.jsonl")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def pyinfras(fleet: LoopbackFleet) -> list[str]:
    """Command lines of the processes of pyinfra that write into this run's folder."""
    mark = str(fleet.run("it")).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in entry.read_bytes():
                found.append(entry.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [line for line in found if "bin/pyinfra" in line]


def states(run: Path) -> dict[str, str]:
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    return {host["host"]: host["state"] for host in result["hosts"]}


def about(run: Path) -> Any:
    return json.loads((run / "run.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_an_apply_with_its_result(fleet: LoopbackFleet, number: int) -> None:
    started = fleet.start(*APPLY, run="it")
    under_way(fleet)
    assert pyinfras(fleet)
    started.send_signal(number)
    out, err = started.communicate(timeout=120)
    assert started.returncode == 128 + number, err
    assert states(fleet.run("it")) == {"first": "changed", "second": "interrupted"}
    assert about(fleet.run("it"))["status"] == 128 + number
    assert "“Write" in out
    assert "was under way" in out
    assert not pyinfras(fleet)


def test_a_terminal_that_is_closed_ends_an_apply_with_its_result(fleet: LoopbackFleet) -> None:
    ours, its = pty.openpty()
    started = fleet.start(
        *APPLY, run="it", stdin=its, stdout=its, stderr=its, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(its)
    under_way(fleet)
    os.close(ours)
    assert started.wait(30) == 128 + signal.SIGHUP
    assert states(fleet.run("it")) == {"first": "changed", "second": "interrupted"}
    assert about(fleet.run("it"))["ended"]
    assert not pyinfras(fleet)


def test_a_command_that_is_killed_leaves_no_pyinfra(fleet: LoopbackFleet) -> None:
    started = fleet.start(*APPLY, run="it")
    under_way(fleet)
    assert pyinfras(fleet)
    started.kill()
    started.communicate(timeout=120)
    until(lambda: not pyinfras(fleet), "the end of pyinfra", 10)
    assert about(fleet.run("it"))["ended"] is None
    page = fleet.scratch / "page.html"
    assert fleet.call("report", str(fleet.run("it")), "--html", str(page)).status == 0
    assert "the command was killed" in page.read_text(encoding="utf-8")
    fleet.boards["second"].hangs = lambda _: False
    again = fleet.call(*APPLY)
    assert again.status == 0, again.out + again.err
    assert fleet.boards["second"].text("a") == "first\n"


def test_a_run_that_goes_on_is_not_shown_as_dead(fleet: LoopbackFleet) -> None:
    started = fleet.start(*APPLY, run="it")
    try:
        under_way(fleet)
        page = fleet.scratch / "page.html"
        assert fleet.call("report", str(fleet.run("it")), "--html", str(page)).status == 0
        assert "the command was killed" not in page.read_text(encoding="utf-8")
    finally:
        started.terminate()
        started.communicate(timeout=120)


def test_a_second_interrupt_ends_at_once(fleet: LoopbackFleet) -> None:
    started = fleet.start(*APPLY, run="it")
    under_way(fleet)
    (child,) = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGSTOP)  # it hangs, and no gentle signal ends it
    started.send_signal(signal.SIGINT)
    assert started.stderr
    line = started.stderr.readline()
    while "press Ctrl-C again" not in line:
        assert line, "no word of a second Ctrl-C"
        line = started.stderr.readline()
    began = time.monotonic()
    started.send_signal(signal.SIGINT)
    started.communicate(timeout=120)
    assert time.monotonic() - began < 5
    assert started.returncode == 130
    assert states(fleet.run("it"))["second"] == "interrupted"


@pytest.mark.parametrize("number", SIGNALS)
def test_pyinfra_alone_ends_with_the_number_of_the_signal(
    fleet: LoopbackFleet, number: int
) -> None:
    started = fleet.start("-y", "inventory/lab.py", "deploys/llm.py", program="pyinfra")
    under_way(fleet)
    started.send_signal(number)
    _, err = started.communicate(timeout=120)
    assert started.returncode == 128 + number, err
    assert "interrupted: run again" in err
    assert "Traceback" not in err


def test_an_interrupted_question_changes_nothing(fleet: LoopbackFleet) -> None:
    run = fleet.run("it")
    shown = terminal.run(
        [str(BIN / "jetfleet"), "apply", "inventory/lab.yaml"],
        fleet.scratch,
        {"JETFLEET_RUN": str(run)},
        # Python misses a signal that comes just before it reads; the line end lets it see that.
        {"[y/N]: ": "\x03\n"},
        seconds=30,
    )
    assert shown.status == 130, shown.text
    assert "interrupted: nothing was changed" in shown.text
    assert about(run)["status"] == 130
    assert not fleet.boards["first"].text("a")


NOHUP = """
import os, signal, sys
from jetfleet.run.interrupt import interrupts
with interrupts() as interrupt:
    os.kill(os.getpid(), signal.SIGHUP)
    print(interrupt.number)
"""


@pytest.mark.parametrize(("ignored", "number"), [(True, 0), (False, signal.SIGHUP)])
def test_a_hangup_that_nohup_ignores_stays_ignored(ignored: bool, number: int) -> None:  # noqa: FBT001
    def prepare() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

    done = subprocess.run(
        [sys.executable, "-c", NOHUP], capture_output=True, text=True, check=True,
        preexec_fn=prepare,
    )  # fmt: skip
    assert int(done.stdout) == number


def test_the_handlers_of_before_are_back_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with interrupts():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
