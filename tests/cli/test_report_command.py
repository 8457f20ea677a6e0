"""`jetfleet report` writes the page of a run."""

from __future__ import annotations

from pathlib import Path

from jetfleet.report.html import html_of
from jetfleet.report.read import page_of
from tests.support import report_folder as reports
from tests.support.cli import call


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    folder = reports.apply_folder(tmp_path / "run")
    done = call("report", folder, "--html", tmp_path / "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == html_of(page_of(folder))
    bad = call("report", folder, "--html", tmp_path / "none" / "page.html")
    assert bad.returncode == 1
    assert "cannot be written" in bad.stderr
