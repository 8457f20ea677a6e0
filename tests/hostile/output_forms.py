"""Every form in which jetfleet puts out what boards, hubs and specs say, with one text everywhere.

A form is made from values of the project's own kinds, in which `poisoned` has put the text.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from jetfleet.adopt.describe import Described
from jetfleet.adopt.write import Login, text_of
from jetfleet.apply.result import Done, HostResult, Result, Verified
from jetfleet.apply.summary import show as show_result
from jetfleet.bench.page import html_page
from jetfleet.bench.result import Run
from jetfleet.bench.show_terminal import show as show_bench
from jetfleet.bench.table import json_text as bench_json
from jetfleet.bench.table import markdown as bench_markdown
from jetfleet.cli.adopt import show as show_adopted
from jetfleet.diff.effect import Effect
from jetfleet.diff.fleet import Difference, Group
from jetfleet.diff.markdown import markdown as diff_markdown
from jetfleet.diff.report import Report
from jetfleet.diff.revision import Revisions
from jetfleet.diff.row import Row
from jetfleet.diff.text import text as diff_text
from jetfleet.lock.model import Lock
from jetfleet.plan.junit import junit
from jetfleet.plan.model import Plan
from jetfleet.plan.show_markdown import markdown as plan_markdown
from jetfleet.plan.show_terminal import show as show_plan
from jetfleet.report.html import html_of
from jetfleet.report.read import of_status, page_of
from jetfleet.report.rollout import page_of_rollout
from jetfleet.rollout.describe import described
from jetfleet.rollout.fold import fold
from jetfleet.rollout.junit import junit as rollout_junit
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.show import status_lines
from jetfleet.rollout.show_markdown import plan_markdown as rollout_plan_markdown
from jetfleet.rollout.show_markdown import status_markdown
from jetfleet.rollout.state import State
from jetfleet.status.table import show as show_status
from jetfleet.text import printable_lines
from jetfleet.text.json_text import format_json
from tests.hostile.poison import poisoned
from tests.support import report_folder
from tests.support.bench_runs import SOURCE_003
from tests.support.board_status import CHANGE, NANO, fleet, nano, unreachable
from tests.support.rollouts import rollout_with
from tests.support.run_folders import plan

Form = Callable[[str, Path], str]
"""Makes a form with a text; the folder is for files."""

LOGIN = Login("nvidia", "192.0.2.12", 22, None, "192.0.2.12 ssh-ed25519 AAAA")
BUT = ("schema_", "version", "state", "outcome", "level", "kind", "reboot", "made", "at", "loads")
"""Fields whose words are jetfleet's own."""


_PLANS: dict[str, Plan] = {}


def _printed(show: Callable[[Console], None], width: int = 160) -> str:
    out = io.StringIO()
    show(Console(file=out, width=width, highlight=False, color_system=None))
    return out.getvalue()


def _plan(text: str, folder: Path, command: str = "plan") -> Plan:
    if command not in _PLANS:
        _PLANS[command] = plan(folder, command)
    return poisoned(_PLANS[command], text, but=BUT)


def _plan_text(command: str, width: int) -> Form:
    return lambda text, folder: _printed(
        lambda console: show_plan(_plan(text, folder, command), console), width
    )


def _result(text: str, folder: Path) -> Result:
    done = Done(
        resource="a", title="b", attributes=("c",), follows=("d",), seconds=1, outcome="failed"
    )
    host = HostResult(
        host="nano", state="failed", reason="x", done=(done,), rebooted=1, waits=("y",),
        verified=(Verified(what="v", ok=False, reason="r"),), seconds=2,
    )  # fmt: skip
    made = Result(spec="lab.yaml", deploy="llm.py", commit="1" * 40, run=str(folder), hosts=(host,))
    return poisoned(made, text, but=BUT)


def _status(text: str) -> object:
    hot = nano(
        readings={
            "temperatures": {"gpu": 99.5}, "throttling": ["x"], "over_current": {"oc": 1},
            "errors": {"release": "no"},
        },
        differences=[CHANGE],
        service={"ids": ["other"], "restarts": 3},
    )  # fmt: skip
    away = unreachable(NANO, "192.0.2.13", "no answer")
    return poisoned(fleet(nano(), hot, away), text, but=BUT)


def _bench(text: str) -> list[Run]:
    return [poisoned(one, text, but=BUT) for one in SOURCE_003]


def _diff(text: str) -> Report:
    rows = (
        Row("file:/etc/x", "content", "present", "4f2a", ("+a",), ("-a", "+b")),
        Row("power:mode", "mode", "A", "B"),
    )
    effect = Effect(("a.service",), ("b.service",), ("c.service",), "needed", 5, "why")
    groups = (
        Group("changed", rows, effect, ("nano", "orin")),
        Group("added", rows[1:], effect, ("new",)),
        Group("removed", (), Effect(), ("old",)),
        Group("same", (), Effect(), ("one", "two")),
    )
    revisions = Revisions(Path(), "HEAD", "1" * 40, "main", "2" * 40)
    made = Report("lab.yaml", revisions, Difference(groups), ("image x",), ("a note",))
    return poisoned(made, text, but=BUT)


def _adopted(text: str) -> Described:
    host = {
        "module": "orin-nano-super",
        "docker": {"daemon": {"log-opts": {"tag": "x"}, "list": ["y"]}},
        "adopted": {"services": {"web": {"env": {"NAME": "value"}, "made": {"command": "run"}}}},
    }
    made = Described("orin", host, {"m": {"source": "hf:a/b"}}, Lock(), ("seen",), ("hidden",))
    return poisoned(made, text, but=("name",))


def _adopt_printed(text: str, folder: Path) -> str:
    del folder
    lines: list[str] = []
    show_adopted(_adopted(text), Path("orin.yaml"), lines.append)
    return "".join(f"{line}\n" for line in lines)


def _rollout(text: str) -> tuple[State, Rollout, float]:
    rollout, happened = rollout_with(text)
    return fold(rollout, happened), rollout, 9


FORMS: dict[str, Form] = {
    "adopt": _adopt_printed,
    "adopt yaml": lambda text, _: text_of(_adopted(text), LOGIN),
    "apply": lambda text, folder: _printed(
        lambda console: show_result(_result(text, folder), console)
    ),
    "apply --json": lambda text, folder: _result(text, folder).json_text(),
    "bench show": lambda text, _: _printed(
        lambda console: show_bench([poisoned(one, text, but=BUT) for one in SOURCE_003], console),
        400,
    ),
    "bench show --json": lambda text, _: bench_json(_bench(text)),
    "bench show --markdown": lambda text, _: bench_markdown(_bench(text)),
    "bench show --html": lambda text, _: html_page(_bench(text)),
    "diff": lambda text, _: diff_text(_diff(text), lambda words, _: words),
    "diff --json": lambda text, _: format_json(_diff(text).values()),
    "diff --markdown": lambda text, _: diff_markdown(_diff(text)),
    "drift": _plan_text("drift", 160),
    "drift narrow": _plan_text("drift", 60),
    "drift --json": lambda text, folder: _plan(text, folder, "drift").json_text(),
    "drift --markdown": lambda text, folder: plan_markdown(_plan(text, folder, "drift")),
    "drift --junit": lambda text, folder: junit(_plan(text, folder, "drift")),
    "plan": _plan_text("plan", 160),
    "plan narrow": _plan_text("plan", 60),
    "plan --json": lambda text, folder: _plan(text, folder).json_text(),
    "plan --markdown": lambda text, folder: plan_markdown(_plan(text, folder)),
    "plan --junit": lambda text, folder: junit(_plan(text, folder)),
    "report --html run": lambda text, folder: html_of(
        poisoned(page_of(report_folder.apply_folder(folder / "run")), text, but=BUT)
    ),
    "report --html status": lambda text, _: html_of(of_status(_status(text))),  # type: ignore[arg-type]
    "rollout plan --markdown": lambda text, _: printable_lines(
        rollout_plan_markdown(rollout_with(text)[0], [text])
    ),
    "rollout status": lambda text, _: printable_lines("\n".join(status_lines(*_rollout(text)))),
    "rollout status --html": lambda text, _: html_of(page_of_rollout(*rollout_with(text), 9)),
    "rollout status --json": lambda text, _: printable_lines(
        format_json(described(*_rollout(text)))
    ),
    "rollout status --junit": lambda text, _: rollout_junit(*_rollout(text)[:2]),
    "rollout status --markdown": lambda text, _: printable_lines(status_markdown(*_rollout(text))),
    "status": lambda text, _: _printed(lambda console: show_status(_status(text), console), 400),  # type: ignore[arg-type]
    "status --json": lambda text, _: _status(text).json_text(),  # type: ignore[attr-defined]
}
