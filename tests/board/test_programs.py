"""The programs for boards: Python 3.8 with its standard library, and nothing of ours."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.board import ROOT, folders
from jetfleet.steps.program import run_program

FOUND = [path for folder in folders() for path in folder.glob("*.py")]
PYTHON = sorted(path for path in FOUND if path.name != "__init__.py")
LATER_MODULES = {"graphlib", "zoneinfo", "tomllib"}
LATER_NAMES = {
    *("removeprefix", "removesuffix", "is_relative_to", "with_stem", "randbytes"),
    *("to_thread", "pairwise", "bit_count", "file_digest", "lcm", "nextafter", "batched"),
}
"""What Python 3.9 to 3.12 brought, as far as a program here is likely to use it."""


def too_new(tree: ast.Module) -> Iterator[str]:
    """Yield what Python 3.8 does not have, though it reads it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in LATER_NAMES:
            yield node.attr
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in LATER_MODULES)
        if isinstance(node, ast.ImportFrom) and node.module in LATER_MODULES:
            yield node.module or ""


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.stem)
def test_it_runs_on_the_python_of_jetpack_5(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    assert not list(too_new(tree))


def test_what_is_too_new_is_seen() -> None:
    text = "import zoneinfo\n'a'.removeprefix('a')\n"
    assert list(too_new(ast.parse(text))) == ["zoneinfo", "removeprefix"]
    with pytest.raises(SyntaxError):
        ast.parse("match a:\n    case _: pass\n", feature_version=(3, 8))


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: path.stem)
def test_it_imports_only_what_is_sent_with_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in ours if name and name.startswith("jetfleet")}
    assert all((ROOT / f"{name.rpartition('.')[2]}.py").is_file() for name in ours)
    assert not ours or path.name not in {"ready.py", "port.py", "seed.py"}
    assert not ours or path.parent == ROOT


def test_a_job_reaches_a_program_on_standard_input_alone() -> None:
    job = {"services": [], "disks": ['/it\'s $(a) "place"\nJETFLEET_JOB_END']}
    script = run_program("ready.py", "status.py", job=job)
    assert "place" not in script.partition("<<")[0]
    done = subprocess.run(["sh", "-s"], input=script, text=True, capture_output=True, check=True)
    assert "\"/it's $(a)" in done.stdout
