"""The page of a run in a real browser: light, dark, on paper, filtered, and without scripts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.report.html import html_of
from jetfleet.report.read import page_of
from jetfleet.report.rollout import page_of_rollout
from tests.support import report_folder as reports
from tests.support.board_status import CHANGE, NANO, fleet, nano, unreachable
from tests.support.browser import Browser, chromium
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import good

SHOTS = os.environ.get("JETFLEET_SHOTS")
"""A folder that keeps the pictures, for a person to look at."""

VISIBLE = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    page = folder / "run.html"
    page.write_text(html_of(page_of(reports.apply_folder(folder / "run"))), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def status(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    hot = {
        "temperatures": {"gpu-thermal": 99.6},
        "throttling": ["gpu-throttle-alert"],
        "over_current": {"oc3": 37},
    }
    thor = NANO.model_copy(update={"name": "thor"})
    found = fleet(
        nano(), nano(differences=[CHANGE], readings=hot), unreachable(thor, "a", reports.HOSTILE)
    )
    (folder / "status.json").write_text(json.dumps(found.model_dump(by_alias=True)))
    page = folder / "status.html"
    page.write_text(html_of(page_of(folder / "status.json")), encoding="utf-8")
    return page


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")

    def fate(host: str, task: Any) -> str:
        bad = task.purpose == "apply" and host in {"board-0004", "board-0005"}
        return "failed" if bad else good(host, task)

    driven = controller(folder, rollout_of([1, 6, 3]), simulated(folder, fate=fate))
    assert driven.run() == 4
    happened = [event for _, event in driven.store.events("r1")]
    page = folder / "rollout.html"
    made = page_of_rollout(driven.rollout, happened, driven.clock.now())
    page.write_text(html_of(made), encoding="utf-8")
    return page


def keep(path: Path) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, SHOTS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["run", "status", "rollout"])
def test_it_is_readable_in_light_and_dark(
    browser: Browser, request: pytest.FixtureRequest, tmp_path: Path, page: str, scheme: str
) -> None:
    browser.look(scheme)
    browser.open(request.getfixturevalue(page))
    keep(browser.picture(tmp_path / f"{page}-{scheme}.png"))
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (luminance(numbers(paper)) < 0.1) == (scheme == "dark")
    for text, ink, back in browser.run(CONTRASTS):
        light, dark = sorted((luminance(ink), luminance(back)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ink, back)


# Each element with text of its own, its colour, and the first colour behind it.
CONTRASTS = """
const rgb = text => text.match(/[\\d.]+/g).map(Number);
return [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility() &&
    !(e instanceof SVGElement) &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())).map(e => {
  let back = e;
  while (back && rgb(getComputedStyle(back).backgroundColor)[3] === 0) back = back.parentElement;
  return [e.textContent.trim().slice(0, 40), rgb(getComputedStyle(e).color),
          rgb(getComputedStyle(back || document.body).backgroundColor)];
});
"""


def numbers(colour: str) -> list[float]:
    return [float(one) for one in colour[colour.index("(") + 1 : -1].split(",")]


def luminance(rgb: list[float]) -> float:
    """As https://www.w3.org/TR/WCAG21/#dfn-relative-luminance has it."""
    shares = [one / 255 for one in rgb[:3]]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nothing_is_loaded_and_nothing_complains(
    browser: Browser, run: Path, status: Path, rollout: Path
) -> None:
    for page in (run, status, rollout):
        browser.open(page)
        assert browser.run("return performance.getEntriesByType('resource').length") == 0
        assert browser.complaints() == []
        assert "jetfleet" in browser.run("return document.title")
        assert browser.run("return document.images.length") == 0
        width = browser.run("return document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "a page that must be moved sideways to be read"


def hosts(browser: Browser) -> set[str]:
    script = f"{VISIBLE}.map(e => e.dataset.host)"
    return set(browser.run(script, "section.host"))


def titles(browser: Browser) -> list[str]:
    script = f"{VISIBLE}.map(e => e.textContent)"
    found: list[str] = browser.run(script, "table.matrix tbody tr.resource th")
    return found


def test_filters(browser: Browser, run: Path) -> None:
    browser.open(run)
    assert hosts(browser) == {"orin", "orin2", "thor", "nano", "far"}
    browser.type("input[name=host]", "ORIN")
    assert hosts(browser) == {"orin", "orin2"}
    browser.type("input[name=host]", "2")
    assert hosts(browser) == {"orin2"}
    assert "Pull vllm:1" in titles(browser)
    browser.open(run)
    browser.type("input[name=host]", "thor")
    assert "Serve cosmos" in titles(browser)
    browser.click("input[name=quiet]")
    assert titles(browser) == [], "all of thor is in sync"
    assert browser.run(VISIBLE, "table.matrix") == []
    browser.open(run)
    browser.click("input[name=quiet]")
    assert hosts(browser) == {"orin", "orin2", "nano", "far"}
    assert titles(browser)
    headings = browser.run(f"{VISIBLE}.map(e => e.textContent)", "table.matrix tr.role")
    assert [one.strip() for one in headings] == ["power", "images", "models", "serving", "other"]
    browser.open(run)
    browser.type("select[name=state]", "refused")
    assert hosts(browser) == {"nano"}
    browser.type("input[name=host]", "nobody")
    assert hosts(browser) == set()
    assert browser.run(VISIBLE, "#none"), "an empty page says why it is empty"


def test_hosts_of_a_rollout_are_filtered(browser: Browser, rollout: Path) -> None:
    browser.open(rollout)
    names = f"{VISIBLE}.map(e => e.dataset.host)"
    assert len(browser.run(names, "tr[data-host]")) == 10
    browser.type("select[name=state]", "undone")
    assert len(browser.run(names, "tr[data-host]")) == 6
    browser.open(rollout)
    browser.click("input[name=quiet]")
    assert "board-0000" not in browser.run(names, "tr[data-host]"), "it has the change"


def test_a_hundred_boards_fit_a_screen_and_are_filtered_at_once(
    browser: Browser, tmp_path: Path
) -> None:
    folder = reports.apply_folder(tmp_path / "run")
    for number in range(100):
        shutil.copy(folder / "orin.jsonl", folder / f"board{number:03}.jsonl")
    (tmp_path / "many.html").write_text(html_of(page_of(folder)), encoding="utf-8")
    browser.look("light")
    browser.open(tmp_path / "many.html")
    keep(browser.picture(tmp_path / "many.png"))
    assert len(hosts(browser)) == 105
    assert len(browser.run(VISIBLE, "table.matrix")) == 11
    over = (
        "return [...document.querySelectorAll('.chunk')].filter(e => e.scrollWidth > e.clientWidth)"
    )
    assert browser.run(over) == [], "a matrix that must be moved sideways"
    browser.type("input[name=host]", "board042")
    assert hosts(browser) == {"board042"}
    assert len(browser.run(VISIBLE, "table.matrix")) == 1


def test_on_paper_all_is_there_and_nothing_to_click(
    browser: Browser, run: Path, tmp_path: Path
) -> None:
    browser.look("dark", "print")
    browser.open(run)
    assert browser.run(VISIBLE, "form.filter") == []
    assert browser.run(VISIBLE, "details pre"), "differences are open"
    paper = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert luminance(numbers(paper)) == 1, "dark ink on white, whatever the screen was"
    keep(browser.picture(tmp_path / "run-print.png"))
    printed = browser.paper(tmp_path / "run.pdf")
    keep(printed)
    assert printed.read_bytes().startswith(b"%PDF")


def test_without_scripts_all_is_there(run: Path) -> None:
    with chromium(scripts=False) as quiet:
        quiet.open(run)
        # WebDriver's own scripts still run: what the page's would have set is not there.
        assert quiet.run("return document.documentElement.className") == ""
        assert quiet.run(VISIBLE, "form.filter") == []
        assert hosts(quiet) == {"orin", "orin2", "thor", "nano", "far"}
        shown: Any = quiet.run("return document.body.innerText")
        for words in ("the hub said 403", "Fetch model cosmos", "8.0 GiB", "unreachable"):
            assert words in shown
