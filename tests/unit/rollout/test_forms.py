"""Page, JUnit and Markdown of a rollout: what they say, and that no text in them acts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from jetfleet.report.html import html_of
from jetfleet.report.rollout import RolloutPage, page_of_rollout
from jetfleet.rollout import events
from jetfleet.rollout.figures import figure_lines
from jetfleet.rollout.fold import fold
from jetfleet.rollout.junit import junit
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.show_markdown import plan_markdown, status_markdown
from tests.support.report_folder import HOSTILE
from tests.support.rollouts import controller, rollout_of, rollout_with, simulated
from tests.support.simulated_boards import good

BAD = {"board-0003": "not-verified", "board-0004": "failed", "board-0005": "unreachable"}
MARKS = "@team `x` | <b> [a](http://x.test) #1"


def halted(folder: Path) -> tuple[Rollout, list[events.Event], float]:
    """A rollout whose second wave was halted and taken back; one host was off."""

    def fate(host: str, task: Any) -> str:
        return BAD.get(host, good(host, task)) if task.purpose == "apply" else good(host, task)

    rollout = rollout_of([1, 6, 3])
    driven = controller(folder, rollout, simulated(folder, fate=fate))
    assert driven.run() == 4
    happened = [event for _, event in driven.store.events(rollout.id)]
    return rollout, happened, driven.clock.now()


def cases(text: str) -> dict[str, str]:
    """What became of each test case: its element, and that one's type."""
    root = ET.fromstring(text)  # noqa: S314 - our own
    found = {}
    for case in root.iter("testcase"):
        said = [f"{one.tag} {one.get('type')}" for one in case]
        name = f"{case.get('classname')}/{case.get('name')}"
        assert name not in found
        found[name] = " ".join(said)
    assert int(root.get("tests", "")) == len(found)
    return found


def test_each_host_and_gate_is_one_case(tmp_path: Path) -> None:
    rollout, happened, _ = halted(tmp_path)
    found = cases(junit(fold(rollout, happened), rollout))
    assert found["wave-0/board-0000"] == found["wave-0/gate verified"] == ""
    assert found["wave-1/board-0001"] == "skipped undone"
    assert found["wave-1/board-0004"] == "failure undone"
    assert found["wave-1/board-0005"] == "error unreachable"
    assert found["wave-1/verdict"] == "failure fail"
    assert found["wave-2/board-0007"] == found["wave-2/gate in-sync"] == "skipped waiting"
    hosts = [name for name in found if re.search("/board-", name)]
    assert len(hosts) == len(rollout.hosts)


def test_a_host_that_was_caught_up_is_a_case_of_that_wave() -> None:
    rollout = rollout_of([2])
    left = [events.Opened(1, "ada"), *(events.Marked(2, f"board-000{n}", how, "")
                                       for n, how in enumerate(("busy", "busy")))]  # fmt: skip
    caught = [*left, events.Judged(3, 0, "pass", ""), events.CatchUp(4, "ada", ("board-0001",))]
    found = cases(junit(fold(rollout, caught), rollout))
    assert found["wave-0/board-0000"] == "error busy"
    assert "wave-0/board-0001" not in found
    assert found["catch-up 1/board-0001"] == "skipped waiting"


def shown(folder: Path) -> RolloutPage:
    return page_of_rollout(*halted(folder))


def test_the_page_has_waves_hosts_and_a_time_line(tmp_path: Path) -> None:
    page = shown(tmp_path)
    assert (page.state, page.counts["undone"]) == ("halted", 5)
    canary, wave, rest = page.waves
    assert [bar.title for bar in canary.stages] == ["change", "gates", "verdict"]
    assert [bar.title for bar in wave.stages] == ["change", "verdict", "way back"]
    assert rest.stages == ()
    by_name = {host.name: host for host in wave.hosts}
    assert by_name["board-0004"].detail == "was failed"
    bars = by_name["board-0004"].bars
    assert [bar.title for bar in bars] == ["change: failed", "way back: undone"]
    assert bars[0].end <= bars[1].begin <= bars[1].end <= page.seconds
    assert [one.what for one in page.log][-1] == "ended: halted"
    html = html_of(page)
    assert html.count('data-host="') == 10
    assert html_of(page) == html


def test_a_rollout_of_which_nothing_has_happened_has_a_page() -> None:
    page = page_of_rollout(rollout_of([1, 2]), [], 5.0)
    assert (page.seconds, page.state) == (0, "running")
    assert "not begun" in html_of(page)


def test_what_is_in_flight_lasts_until_now() -> None:
    rollout = rollout_of([1, 2])
    sent = events.Sent(10, "t", "apply", "site-0", ("board-0000",), 0, 1)
    page = page_of_rollout(rollout, [events.Opened(4, "ada"), sent], 34)
    bar = page.waves[0].hosts[0].bars[0]
    assert (bar.begin, bar.end, bar.outcome) == (6, 30, "changes")


def test_nothing_acts_in_the_page() -> None:
    html = html_of(page_of_rollout(*rollout_with(HOSTILE), 9))
    assert HOSTILE not in html
    assert html.count("<script") == 1
    assert "<img" not in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]|https?://|url\(|style=", html)


def test_xml_can_be_read_whatever_is_in_it() -> None:
    rollout, happened = rollout_with(f"{HOSTILE}]]>\x0b\ufffe\ud800")
    found = cases(junit(fold(rollout, happened), rollout))
    assert len(found) == 3
    assert {*found.values()} == {"failure failed", "failure fail", "error inconclusive"}


def test_markdown_mentions_nobody_and_breaks_no_table() -> None:
    rollout, happened = rollout_with(MARKS + HOSTILE)
    for text in (
        status_markdown(fold(rollout, happened), rollout, 9), plan_markdown(rollout, [MARKS])
    ):  # fmt: skip
        # A code span, where nothing has an effect, may hold them.
        plain = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
        assert not re.search(r"@team|(?<!\\)[<>\[](?! )|://x|#1|\x1b|\u202e", plain), plain
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 2


def test_figures_of_any_form_are_lines_and_bounded() -> None:
    deep: Any = 1
    for _ in range(2000):
        deep = {"a": deep}
    figures = {"ratio": 0.98765, "boards": ["a", "b"], "f": [{"x": 1}], "none": None}
    assert figure_lines(figures) == ["ratio: 0.9877", "boards: a, b", "f.1.x: 1"]
    assert len(figure_lines({"deep": deep})) == 1
    many = figure_lines({f"{n}\n": "x" * 9999 for n in range(9999)})
    assert len(many) == 200
    assert all(line.isprintable() and len(line) <= 300 for line in many)
