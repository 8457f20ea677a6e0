"""`jetfleet bench show`: tables of files and of folders, and what is no benchmark."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from jetfleet.bench.result import load_runs
from jetfleet.bench.table import markdown
from tests.support.bench_runs import ABOUT, SOURCE_003
from tests.support.cli import call


def show(*arguments: str) -> subprocess.CompletedProcess[str]:
    return call("bench", "show", *arguments)


def test_the_command_shows_files_and_folders(tmp_path: Path) -> None:
    for number, one in enumerate(SOURCE_003):
        folder = tmp_path / one.host
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.json").write_text(one.model_dump_json(by_alias=True))
    assert load_runs([tmp_path]) == sorted(SOURCE_003, key=lambda one: one.at)
    table = show(str(tmp_path))
    assert table.returncode == 0
    assert "298.07 *" in table.stdout
    assert "\x1b" not in table.stdout
    said = json.loads(show(str(tmp_path / "thor/1.json"), "--json").stdout)
    assert (said["schema"], said["runs"][0]["board"]["power_mode"]) == (1, "MAXN")
    assert said["runs"][0]["image"]["digest"] == ABOUT.digest
    assert show(str(tmp_path), "--markdown").stdout == markdown(load_runs([tmp_path]))


def test_a_file_that_is_no_benchmark_is_an_error(tmp_path: Path) -> None:
    none = show(str(tmp_path))
    assert (none.returncode, none.stdout) == (1, "")
    assert "no benchmarks in" in none.stderr
    (tmp_path / "x.json").write_text('{"schema": 1}')
    assert "is not a result of a benchmark" in show(str(tmp_path / "x.json")).stderr
    assert "cannot be read" in show(str(tmp_path / "y.json")).stderr
