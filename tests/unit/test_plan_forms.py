"""The plan's forms: JSON, Markdown, JUnit, and lines without control characters, all snapshotted.

`make snapshots` rewrites tests/data/forms; the diff in git is the review.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from jetfleet.plan.junit import junit
from jetfleet.plan.model import Plan
from jetfleet.plan.read import read_plan
from jetfleet.plan.show_markdown import markdown
from jetfleet.plan.show_terminal import show
from jetfleet.run.folder import About, Folder
from tests.support.rendered import ROOT
from tests.support.run_folders import plan

FORMS = ROOT / "tests/data/forms"


def text(made: Plan, width: int = 160) -> str:
    out = io.StringIO()
    show(
        made,
        Console(
            file=out, width=width, highlight=False, force_terminal=width < 100, color_system=None
        ),
    )
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


FORM = {
    "plan.json": lambda path: plan(path).json_text(),
    "plan.md": lambda path: markdown(plan(path)),
    "plan.txt": lambda path: text(plan(path)),
    "plan-80.txt": lambda path: text(plan(path), 80),
    "plan.xml": lambda path: junit(plan(path)),
    "drift.json": lambda path: plan(path, "drift").json_text(),
    "drift.md": lambda path: markdown(plan(path, "drift")),
    "drift.txt": lambda path: text(plan(path, "drift")),
    "drift-80.txt": lambda path: text(plan(path, "drift"), 80),
}


@pytest.mark.parametrize("name", sorted(FORM))
def test_form(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    now = FORM[name](tmp_path)
    if request.config.getoption("--rewrite-snapshots"):
        FORMS.mkdir(exist_ok=True)
        (FORMS / name).write_text(now, encoding="utf-8")
    assert (FORMS / name).read_text(encoding="utf-8") == now


def test_no_form_lets_a_board_steer_the_terminal(tmp_path: Path) -> None:
    """What a board says may hold an escape sequence; JSON has it escaped."""
    made = plan(tmp_path)
    for form in (text(made), markdown(made), junit(made), made.json_text()):
        assert "\x1b" not in form


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    made = plan(tmp_path)
    assert Plan.model_validate_json(made.json_text()) == made
    assert json.loads(made.json_text())["schema"] == 2


def test_a_plan_that_broke_off_is_no_plan(tmp_path: Path) -> None:
    plan(tmp_path)
    events = (tmp_path / "thor.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "thor.jsonl").write_text(events[0], encoding="utf-8")
    about = About("plan", "lab.yaml", "deploys/llm.py", "", ("thor", "new"), 0.0)
    thor, new = read_plan(Folder(tmp_path, about), (), {}, {}).hosts
    assert (thor.state, new.state) == ("skipped", "skipped")
    assert "broke off" in thor.reason
    assert "before it reached this host" in new.reason


def test_room_is_counted_one_after_the_other(tmp_path: Path) -> None:
    """While the model comes, the image is there already; its peak is over."""
    disk = next(host.nvme for host in plan(tmp_path).hosts if host.host == "orin")
    assert (disk.peak, disk.final) == (24 * 2**30, 19 * 2**30)


def test_junit_counts_what_it_lists(tmp_path: Path) -> None:
    root = ET.fromstring(junit(plan(tmp_path)))  # noqa: S314 - our own text
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("17", "10", "2")
    assert len(root.findall("testsuite/testcase")) == 17
