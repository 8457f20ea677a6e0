"""`pyinfra --limit`: groups of the spec, and an error where a limit means no host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.pyinfra import BIN

SPEC = """\
version: 1
defaults: {module: agx-orin-64gb, jetpack: "6.2"}
groups: {line: {}, dock-2: {}, lab: {}, all: {}}
hosts:
  a: {address: 127.0.0.1, ssh: {sudo: false}, groups: [line]}
  b: {address: 127.0.0.2, groups: [line, dock-2, lab, all]}
  c: {address: 127.0.0.3}
"""
INVENTORY = "from jetfleet.inventory import hosts\n\nlab = hosts(__file__)\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    (tmp_path / "lab.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "lab.py").write_text(INVENTORY, encoding="utf-8")
    return tmp_path


def pyinfra(fleet: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "pyinfra"), "lab.py", *arguments],
        cwd=fleet, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def test_groups_of_the_spec_are_groups_of_pyinfra(fleet: Path) -> None:
    done = pyinfra(fleet, "debug-inventory")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Groups: line, lab" in said
    assert "Groups: line, dock-2, lab" in said


@pytest.mark.parametrize("words", [("--limit", "line"), ("--limit", "c"), ("--limit", "[ab]")])
def test_a_limit_goes_to_these_hosts(words: tuple[str, ...], fleet: Path) -> None:
    meant = {"line": "ab", "c": "c", "[ab]": "ab"}[words[1]]
    (fleet / "lab.yaml").write_text(SPEC.replace("address:", "port: 1, address:"))
    done = pyinfra(fleet, *words, "exec", "--", "true")
    assert {name for name in "abc" if f"[{name}]" in done.stderr} == set(meant), done.stderr
    assert done.returncode == 1  # no board answers


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--limit", "nope"), "matches nope: its hosts are a, b, c; its groups are all, dock-2"),
        (("--limit", "c", "--limit", "nope"), "matches nope"),
        (("--exclude", "nope"), "matches nope"),
        (("--limit", "c", "--exclude", "c"), "leave no host"),
        (("--exclude", "*"), "leave no host"),
        (("--limit", "lab"), "another one for pyinfra: rename the group"),
        (("--limit", "all"), "pyinfra cannot have a group of this name"),
    ],
)
def test_a_limit_that_means_no_host_is_an_error(
    words: tuple[str, ...], said: str, fleet: Path
) -> None:
    done = pyinfra(fleet, *words, "exec", "--", "true")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Connecting" not in done.stderr


def test_a_group_of_the_inventory_file_itself_is_no_error(fleet: Path) -> None:
    (fleet / "lab.yaml").write_text(SPEC.replace("address:", "port: 1, address:"))
    (fleet / "lab.py").write_text(f"{INVENTORY}mine = ['c']\n", encoding="utf-8")
    done = pyinfra(fleet, "--limit", "mine", "exec", "--", "true")
    assert {name for name in "abc" if f"[{name}]" in done.stderr} == {"c"}
