"""The page of a run: what it says, that nothing in it acts, and that it needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.report.html import html_of
from jetfleet.report.page import Page
from jetfleet.report.read import page_of
from tests.support import report_folder as reports
from tests.support import run_folders as runs
from tests.support.board_status import CHANGE, NANO, fleet, nano, unreachable


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return page_of(reports.apply_folder(tmp_path / "run"))


class Tags(HTMLParser):
    """The tags of a page, and the text of those whose content browsers take literally."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", {}))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in self.raw:
            self.raw[self.tags[-1][0]].append(data)


def test_how_each_host_ended(page: Page) -> None:
    states = {host.name: host.state for host in page.hosts}
    assert states == {
        "orin": "changed", "orin2": "failed", "thor": "in-sync",
        "nano": "refused", "far": "unreachable",
    }  # fmt: skip
    assert sum(page.counts.values()) == 5
    assert ("exit status", "4") in page.about


def test_the_matrix_has_every_resource_on_every_host(page: Page) -> None:
    rows = {row.key: [cell.outcome for cell in row.cells] for row in page.rows}
    assert rows["image:vllm:1"] == ["changed", "changes", "in-sync", "unknown", "absent"]
    assert rows["model:cosmos"][:2] == ["changed", "failed"]
    assert rows["board:release"] == ["absent", "absent", "absent", "refused", "absent"]
    ((numbers, roles),) = page.tables
    assert list(numbers) == [0, 1, 2, 3, 4]
    assert list(roles) == ["power", "images", "models", "serving", ""]


def test_many_hosts_stand_in_several_tables(tmp_path: Path) -> None:
    folder = reports.apply_folder(tmp_path / "run")
    for number in range(20):
        (folder / f"more{number:02}.jsonl").write_text((folder / "thor.jsonl").read_text())
    page = page_of(folder)
    assert [len(numbers) for numbers, _ in page.tables] == [10, 10, 5]
    assert [len(roles.get("", ())) for _, roles in page.tables] == [2, 0, 0]


def test_what_took_how_long_and_how_many_bytes(page: Page) -> None:
    orin = page.hosts[0]
    bars = {bar.title: bar for bar in orin.bars}
    assert (bars["Pull vllm:1"].begin, bars["Pull vllm:1"].seconds) == (21, 61)
    assert bars["Pull vllm:1"].bytes == 3 * runs.GIB
    assert [bar.begin for bar in orin.bars] == sorted(bar.begin for bar in orin.bars)
    assert (orin.internet, orin.lan) == (8 * runs.GIB, 3 * runs.GIB)
    assert page.seconds == pytest.approx(orin.seconds, abs=1)


def test_a_failure_has_its_log(page: Page) -> None:
    orin2 = page.hosts[1]
    assert orin2.failures[0].title == "Fetch model cosmos"
    log = "\n".join(line for failure in orin2.failures for line in failure.log)
    assert "the hub said 403" in log
    assert "[orin] " not in log, "another host's"
    assert "\x1b" not in log


def test_a_changed_file_shows_its_difference(page: Page) -> None:
    diffs = [one.diff for one in page.hosts[0].details if one.diff]
    assert any("-x: 1" in diff and "+x: 2" in diff for diff in diffs)


def test_the_page_loads_nothing_and_runs_only_what_is_its_own(page: Page) -> None:
    html = html_of(page)
    found = Tags(html)
    assert not [t for t, _ in found.tags if t in {"link", "img", "iframe", "object", "base", "a"}]
    for tag, attributes in found.tags:
        names = {name for name in attributes if name.startswith("on") or name == "style"}
        assert not names, (tag, names)
        assert not {"src", "href", "action"} & set(attributes), tag
    assert not re.search(r"https?://|url\(|@import", html)
    policy = next(a["content"] for t, a in found.tags if a.get("http-equiv"))
    assert policy
    assert policy.startswith("default-src 'none'")
    for kind in ("script", "style"):
        assert sum(tag == kind for tag, _ in found.tags) == 1
        text = "".join(found.raw[kind])
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_what_a_board_says_is_text(page: Page) -> None:
    html = html_of(page)
    assert reports.HOSTILE not in html
    assert html.count("<script") == 1
    assert "&lt;img src=x onerror=" in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", html)


def test_what_a_status_says_is_text(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    status = fleet(unreachable(NANO, "a", reports.HOSTILE))
    path.write_text(json.dumps(status.model_dump(by_alias=True)))
    html = html_of(page_of(path))
    assert reports.HOSTILE not in html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", html)


def test_the_same_run_is_the_same_page(tmp_path: Path, page: Page) -> None:
    again = page_of(reports.apply_folder(tmp_path / "again"))
    assert html_of(again) == html_of(page)


def test_a_run_of_pyinfra_alone_has_rows_and_nothing_else(tmp_path: Path) -> None:
    runs.folder(tmp_path)
    for path in tmp_path.glob("*.jsonl"):  # phases are what `jetfleet` adds
        path.write_text(path.read_text().replace('"phase":"plan"', '"phase":""'))
    assert not (tmp_path / "run.json").exists()
    page = page_of(tmp_path)
    assert page.title == "Run"
    assert {host.name: host.state for host in page.hosts}["orin"] == "changes"
    assert ">changes<" in html_of(page)


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 2}', "no json"])
def test_another_file_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(FleetError, match="is not a status of this jetfleet"):
        page_of(path)
    with pytest.raises(FleetError, match="is not a run folder"):
        page_of(tmp_path)
    with pytest.raises(FleetError, match="cannot be read"):
        page_of(tmp_path / "none.json")


def test_a_killed_run_is_shown_up_to_where_it_came(tmp_path: Path) -> None:
    folder = reports.apply_folder(tmp_path / "run")
    with (folder / "thor.jsonl").open("a") as rows:
        rows.write('{"schema": 2, "at": 1795000100, "host": "thor", "phase": "apply", ')
        rows.write('"event": "started", "resource": "service:cosmos"}\n{"at": 17950')
    thor = page_of(folder).hosts[2]
    assert thor.state == "interrupted"
    assert "service:cosmos" in thor.reason
    assert "Serve cosmos" in html_of(page_of(folder))


def test_a_status_is_a_page_too(tmp_path: Path) -> None:
    status = fleet(nano(), nano(differences=[CHANGE]), unreachable(NANO, "a", reports.HOSTILE))
    path = tmp_path / "status.json"
    path.write_text(json.dumps(status.model_dump(by_alias=True)))
    html = html_of(page_of(path))
    for words in ("75&nbsp;%", "caution", "MAXN_SUPER", "the power mode is 15W", "2 h 1 min"):
        assert words in html
    assert html.count("<script") == 1
