"""Every bad spec of tests/data/cases/spec prints exactly its problems, before any connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jetfleet.spec.problem import SpecError
from jetfleet.validate import load_checked

CASES = sorted((Path(__file__).parents[1] / "data/cases/spec").glob("*.yaml"))


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name the file as it was given; here it is given as spec.yaml."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = YAML(typ="safe", pure=True).load(path)
    Path("spec.yaml").write_text(case["spec"], encoding="utf-8")
    if "error" in case:
        with pytest.raises(SpecError) as caught:
            load_checked("spec.yaml")
        assert f"{caught.value}\n" == case["error"]
    else:
        _, warnings = load_checked("spec.yaml")
        assert "\n".join(warnings) == case["warnings"].rstrip("\n")


def test_there_are_cases() -> None:
    assert len(CASES) > 60
