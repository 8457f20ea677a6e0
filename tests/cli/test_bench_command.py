"""`jetfleet bench show`: tables of files and of folders, and what is no benchmark."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from jetfleet.bench.files import load_runs
from jetfleet.bench.table import markdown
from tests.support.bench_runs import ABOUT, POSSIBLE, SOURCE_003
from tests.support.cli import call


def show(*arguments: str) -> subprocess.CompletedProcess[str]:
    return call("bench", "show", *arguments)


def test_the_command_shows_files_and_folders(tmp_path: Path) -> None:
    for number, one in enumerate(POSSIBLE):
        folder = tmp_path / one.host
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.json").write_text(one.model_dump_json(by_alias=True))
    assert load_runs([tmp_path]) == sorted(POSSIBLE, key=lambda one: one.at)
    table = show(str(tmp_path))
    assert table.returncode == 0
    assert "298.07 *" in table.stdout
    assert "\x1b" not in table.stdout
    assert max(map(len, table.stdout.splitlines())) <= 80
    said = json.loads(show(str(tmp_path / "thor/1.json"), "--json").stdout)
    assert (said["schema"], said["runs"][0]["board"]["power_mode"]) == (2, "MAXN")
    assert said["runs"][0]["image"]["digest"] == ABOUT.digest
    assert show(str(tmp_path), "--markdown").stdout == markdown(load_runs([tmp_path]))


def test_a_file_that_is_no_benchmark_is_an_error(tmp_path: Path) -> None:
    none = show(str(tmp_path))
    assert (none.returncode, none.stdout) == (1, "")
    assert "no benchmarks in" in none.stderr
    (tmp_path / "x.json").write_text('{"schema": 1}')
    assert "is not a result of a benchmark" in show(str(tmp_path / "x.json")).stderr
    assert "cannot be read" in show(str(tmp_path / "y.json")).stderr


def test_figures_fit_80_columns_with_long_names_and_marks(tmp_path: Path) -> None:
    """Nothing of a figure is cut off, in the widest table: names fold instead."""
    for number, one in enumerate(SOURCE_003):
        model = one.model.model_copy(update={"name": f"qwen3-8b-{number}-" + "long-" * 9})
        board = one.board.model_copy(update={"power_mode": "MAXN_SUPER", "throttling": ("gpu",)})
        named = one.model_copy(update={"model": model, "board": board})
        (tmp_path / f"{number}.json").write_text(named.model_dump_json(by_alias=True))
    table = show(str(tmp_path)).stdout
    assert max(map(len, table.splitlines())) <= 80
    assert "…" not in table
    for figure in ("298.07 !", "554.96 !", "22.59 !", "±0.7 %"):
        assert figure in table
    folded = "".join(table.split())
    assert folded.count("impossible:atokenin8.88ms") == 1


def test_a_file_of_schema_1_is_read(tmp_path: Path) -> None:
    old = SOURCE_003[0].model_dump(by_alias=True, mode="json")
    loads = {name: measured["runs"][0] for name, measured in old["loads"].items()}
    (tmp_path / "old.json").write_text(json.dumps({**old, "schema": 1, "loads": loads}))
    table = show(str(tmp_path)).stdout
    assert "Low load: 10 prompts of 2048 + 128 tokens, 1 at once" in table
    assert "63.86" in table
    loads["unknown"] = loads["low"]
    (tmp_path / "old.json").write_text(json.dumps({**old, "schema": 1, "loads": loads}))
    assert "loads.unknown.shape" in show(str(tmp_path)).stderr
