"""The programs for boards: Python 3.8 with its standard library, and nothing of ours."""

from __future__ import annotations

import ast
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.board import READY, ROOT, STATUS, folders, joined, program, programs_of
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
    assert not ours or path.name not in {"port.py", "prestart.py", "seed.py"}
    assert not ours or path.parent == ROOT


def test_a_job_reaches_a_program_on_standard_input_alone() -> None:
    job = {"services": [], "disks": ['/it\'s $(a) "place"\nJETFLEET_JOB_END']}
    script = run_program(*STATUS, job=job)
    assert "place" not in script.partition("<<")[0]
    done = subprocess.run(["sh", "-s"], input=script, text=True, capture_output=True, check=True)
    assert "\"/it's $(a)" in done.stdout


def names_of(tree: ast.Module) -> Iterator[str]:
    """What a module gives names to at its top level, but for what it imports."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        if isinstance(node, ast.Assign):
            yield from (one.id for target in node.targets for one in ast.walk(target)
                        if isinstance(one, ast.Name))  # fmt: skip
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_a_program_of_several_files_is_installed_as_one() -> None:
    text = joined(READY)
    tree = ast.parse(text, feature_version=(3, 8))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in imported if (name or "").startswith("jetfleet")]
    assert text.startswith("#!/usr/bin/env python3\n")
    assert text.count("from __future__") == text.count('if __name__ == "__main__"') == 1


def test_the_files_of_a_program_name_nothing_twice() -> None:
    found = Counter(names_of(ast.parse(joined(READY))))
    assert len(found) > len(READY)
    assert not [name for name, times in found.items() if times > 1]


def test_each_file_of_a_program_is_after_those_that_it_imports() -> None:
    for at, name in enumerate(READY):
        tree = ast.parse(program(name))
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        needed = {f"{one.rpartition('.')[2]}.py" for one in modules if one.startswith("jetfleet.")}
        assert needed <= set(READY[:at]), name


def test_an_older_revision_has_the_program_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "ready.py").write_text("print('old')\n")
    with programs_of(tmp_path):
        assert joined(READY) == "print('old')\n"
