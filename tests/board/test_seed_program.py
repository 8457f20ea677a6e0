"""Which file the seed serves for a hash: a marker that others wrote leads nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.board.seed import find

HASH = "ab" * 32


@pytest.mark.parametrize("path", ["model", "a b/model", "../outside", "out", "link"])
def test_only_files_of_a_model_are_served(tmp_path: Path, path: str) -> None:
    revision = tmp_path / "models/qwen/main"
    (revision / "a b").mkdir(parents=True)
    for file in (revision / "model", revision / "a b/model", revision.parent / "outside"):
        file.write_text("12345")
    (tmp_path / "secret").write_text("12345")
    (revision / "link").symlink_to(tmp_path / "secret")
    (revision / "out").symlink_to("../outside")
    (revision / ".jetfleet").write_text(f"{{}}\n{HASH} 5 0 {path}\n")
    found = find(str(tmp_path / "models"), HASH)
    assert found == (str(revision / path) if path.endswith("model") else None)
