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
from tests.support.run_folders import APPLIED, HOSTS, add, applied

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


def test_each_host_ends_in_the_state_that_its_rows_say(tmp_path: Path) -> None:
    states = {host.host: host.state for host in result(tmp_path).hosts}
    assert states == {
        "orin": "changed", "orin2": "interrupted", "thor": "failed", "nano": "refused",
        "far": "unreachable",
    }  # fmt: skip


def test_a_run_that_broke_off_did_well_nowhere(tmp_path: Path) -> None:
    folder = applied(tmp_path)
    folder.log("apply").write_text("Traceback (most recent call last):\n", encoding="utf-8")
    states = {host.host: (host.state, host.reason) for host in read_result(folder).hosts}
    assert states["orin"][0] == "interrupted"
    assert "broke off" in states["orin"][1]
    assert states["far"][0] == "unreachable"


def test_a_service_that_does_not_answer_is_no_success(tmp_path: Path) -> None:
    made = result(tmp_path)
    orin = next(host for host in made.hosts if host.host == "orin")
    assert made.model_copy(update={"hosts": (orin,)}).status == 3
    answers = tuple(one.model_copy(update={"ok": True}) for one in orin.verified)
    well = orin.model_copy(update={"verified": answers})
    assert made.model_copy(update={"hosts": (well,)}).status == 0


def test_without_a_terminal_each_event_is_a_line(tmp_path: Path) -> None:
    out = io.StringIO()
    tail = Tail(tmp_path, HOSTS)
    with Display(tail, Console(file=out, width=160)) as display:
        for host, rows in APPLIED.items():
            add(tmp_path, host, rows, "apply")
            display.tick()
    lines = [line.split(" ", 1)[1] for line in out.getvalue().splitlines()]
    assert "orin: apply: Set the power mode" in lines
    assert "orin: apply: rebooted" in lines
    assert "thor: refused: refused, no �[1mroom" in lines
    assert "far: unreachable: out of reach, Could not connect" in lines
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out.getvalue())


def test_on_a_terminal_each_host_has_a_line(tmp_path: Path) -> None:
    out = io.StringIO()
    console = Console(file=out, width=120, height=20, force_terminal=True, color_system=None)
    for host, rows in APPLIED.items():
        add(tmp_path, host, rows, "apply")
    with Display(Tail(tmp_path, HOSTS), console) as display:
        display.tick()
        drawn = out.getvalue()
    shown = [line for line in drawn.splitlines() if "Fetch model cosmos cosmos" in line]
    assert len(shown) == 1
    assert re.search(r"orin2 .*apply .*1 KiB of 1 KiB", shown[0])
    for host in HOSTS:
        assert len([line for line in drawn.splitlines() if f" {host} " in line]) == 1, host


def test_half_a_row_is_left_until_it_is_whole(tmp_path: Path) -> None:
    tail = Tail(tmp_path, ["orin"])
    path = tmp_path / "orin.jsonl"
    row = '{"at": 1, "host": "orin", "phase": "apply", "outcome": "refused", "reason": "no"}\n'
    for text_so_far, count in ((row[:20], 0), (row, 1), (row + row[:-1], 0), (row + row, 1)):
        path.write_text(text_so_far, encoding="utf-8")
        assert len(list(tail.new())) == count
