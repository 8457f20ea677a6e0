"""A spec or a lock that is damaged, or grows without end, is one error with its remedy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.lock.file import load_lock
from jetfleet.spec.load import load
from tests.support.rendered import ROOT

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than 500000 values after its aliases are expanded"),
        ("a: &a [*a]\n", "endless nesting"),
        (f"hosts: {{nano: {{board: {'9' * 5000}}}}}\n", "a number of 5000 digits"),
        (f"hosts: {{nano: {{port: 0x{'f' * 5000}}}}}\n", "a number of 5002 digits"),
    ],
    ids=["bomb", "endless", "digits", "hex"],
)
def test_a_spec_that_grows_is_one_error_at_once(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text)
    begun = time.monotonic()
    with pytest.raises(FleetError, match=said):
        load(path)
    assert time.monotonic() - begun < 5


def test_a_spec_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    text = (ROOT / "tests/data/fleet.yaml").read_text(encoding="utf-8")
    plain, marked = tmp_path / "a.yaml", tmp_path / "b.yaml"
    plain.write_text(text)
    marked.write_text(text, encoding="utf-8-sig")
    assert [host.name for host in load(plain).hosts] == [host.name for host in load(marked).hosts]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# nothing\n",
        b"[]",
        b"\xff\x00\x01",
        b"[" * 2000,
        b"null",
        b"7",
        b"version: " + b"9" * 5000,
    ],
    ids=["empty", "comment", "list", "bytes", "deep", "null", "number", "digits"],
)  # fmt: skip
def test_a_damaged_lock_names_the_remedy(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "lab.lock.yaml"
    path.write_bytes(content)
    with pytest.raises(FleetError, match="restore it from git, or remove it and run"):
        load_lock(path)


def test_a_lock_that_is_a_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="a lock is a file; remove what is there"):
        load_lock(tmp_path)


@pytest.mark.parametrize(
    "path", ["x/.jetfleet", "x.aria2", "a/.jetfleet-new/b", "n" * 300, "d/" * 600 + "f"]
)
def test_a_lock_names_no_file_that_a_fetch_uses_itself(path: str, tmp_path: Path) -> None:
    lock = tmp_path / "lab.lock.yaml"
    file = f'{{path: "{path}", size: 1, sha256: "{"a" * 64}"}}'
    lock.write_text(f"models: {{m: {{source: x, revision: r, files: [{file}]}}}}\n")
    with pytest.raises(FleetError, match="the path"):
        load_lock(lock)
