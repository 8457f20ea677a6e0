"""What an apply shows while it goes on and in the end, for people and as JSON."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from jetfleet.apply.live import Display
from jetfleet.apply.now import Tail
from jetfleet.apply.result import Result, read_result
from jetfleet.apply.summary import show
from tests.support.rendered import ROOT
from tests.support.run_folders import APPLIED, HOSTS, SILENT, add, applied

FORMS = ROOT / "tests/data/forms"


def text(result: Result) -> str:
    out = io.StringIO()
    show(result, Console(file=out, width=160, highlight=False))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def result(path: Path) -> Result:
    return read_result(applied(path)).model_copy(update={"run": "/runs/one"})


FORM = {"result.json": lambda one: one.json_text(), "result.txt": text}


@pytest.mark.parametrize("name", sorted(FORM))
def test_form(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    now = FORM[name](result(tmp_path))
    if request.config.getoption("--rewrite-snapshots"):
        (FORMS / name).write_text(now, encoding="utf-8")
    assert (FORMS / name).read_text(encoding="utf-8") == now
    assert "\x1b" not in now


def test_each_host_ends_in_the_state_that_its_events_say(tmp_path: Path) -> None:
    states = {host.host: host.state for host in result(tmp_path).hosts}
    assert states == {
        "orin": "changed", "orin2": "interrupted", "thor": "failed", "nano": "refused",
        "far": "unreachable",
    }  # fmt: skip


def test_a_host_without_its_last_event_was_interrupted(tmp_path: Path) -> None:
    folder = applied(tmp_path)
    lines = (tmp_path / "orin.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if '"event":"completed"' not in line]
    assert len(kept) == len(lines) - 1
    (tmp_path / "orin.jsonl").write_text("".join(kept), encoding="utf-8")
    states = {host.host: (host.state, host.reason) for host in read_result(folder).hosts}
    assert states["orin"][0] == "interrupted"
    assert "broke off" in states["orin"][1]
    assert states["far"][0] == "unreachable"


def test_a_service_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    folder = applied(tmp_path)
    add(tmp_path, "orin", [SILENT], "verify")
    orin = next(host for host in read_result(folder).hosts if host.host == "orin")
    assert (orin.state, orin.reason) == ("failed", "cosmos: no answer in 5 s")
    assert [one.ok for one in orin.verified] == [True, True, False]


def test_without_a_terminal_each_event_is_a_line(tmp_path: Path) -> None:
    out = io.StringIO()
    tail = Tail(tmp_path, HOSTS)
    with Display(tail, Console(file=out, width=160)) as display:
        for host, events in APPLIED.items():
            add(tmp_path, host, events, "apply")
            display.tick()
    lines = [line.split(" ", 1)[1] for line in out.getvalue().splitlines()]
    assert "orin: apply: Set the power mode" in lines
    assert "orin: apply: rebooted" in lines
    assert "thor: failed: failed, no room" in lines
    assert "far: unreachable: unreachable, Could not connect" in lines
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out.getvalue())


def test_on_a_terminal_each_host_has_a_line(tmp_path: Path) -> None:
    out = io.StringIO()
    console = Console(file=out, width=120, height=20, force_terminal=True, color_system=None)
    for host, events in APPLIED.items():
        add(tmp_path, host, events, "apply")
    with Display(Tail(tmp_path, HOSTS), console) as display:
        display.tick()
        drawn = out.getvalue()
    shown = [line for line in drawn.splitlines() if "Fetch model cosmos cosmos" in line]
    assert len(shown) == 1
    assert re.search(r"orin2 .*apply .*1 KiB of 1 KiB", shown[0])
    for host in HOSTS:
        assert len([line for line in drawn.splitlines() if f" {host} " in line]) == 1, host
