"""Every bad rollout file of tests/data/cases/rollout prints exactly its problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from jetfleet.rollout.spec.amount import hosts_in
from jetfleet.rollout.spec.load import load_rollout
from jetfleet.rollout.spec.schema import rollout_schema
from jetfleet.rollout.spec.window import days_in
from jetfleet.spec.problem import SpecError
from tests.support.rendered import ROOT

CASES = sorted((ROOT / "tests/data/cases/rollout").glob("*.yaml"))
EXAMPLE = ROOT / "inventory/rollout.yaml"
SCHEMA = ROOT / "docs/rollout.schema.json"
WHOLE = "version: 1\nspec: lab.yaml\n"


def loaded(path: Path) -> object:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Messages name the file as it was given; here it is given as rollout.yaml beside the lab."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab.yaml").write_text((ROOT / "inventory/lab.yaml").read_text(encoding="utf-8"))
    return tmp_path


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, folder: Path) -> None:
    case = YAML(typ="safe", pure=True).load(path)
    (folder / "rollout.yaml").write_text(case["rollout"], encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_rollout(Path("rollout.yaml"))
    assert f"{caught.value}\n" == case["error"]


def test_the_example_is_right() -> None:
    file, spec = load_rollout(EXAMPLE)
    assert [wave.name for wave in file.waves] == ["canary", "rest"]
    assert file.waves[0].soak == 900
    assert [gate.name for gate in file.gates_of("quick")] == ["verified", "in-sync", "no-restarts"]
    assert len(spec.hosts) == 5


def test_two_lines_are_a_rollout_with_gates(folder: Path) -> None:
    (folder / "rollout.yaml").write_text(WHOLE)
    file, _ = load_rollout(folder / "rollout.yaml")
    assert [wave.hosts.per for wave in file.waves] == ["class", None, None]
    assert all(file.gates_of(wave.gate) for wave in file.waves)
    assert (file.failed.canary, file.quorum, file.rollback) == (0, 80, "wave")


def test_the_committed_schema_is_the_products(request: pytest.FixtureRequest) -> None:
    text = json.dumps(rollout_schema(), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--rewrite-snapshots"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text, "`make snapshots` writes it again"


def test_the_schema_takes_every_short_form_and_no_unknown_key() -> None:
    schema = rollout_schema()
    Draft202012Validator.check_schema(schema)
    example = loaded(EXAMPLE)
    assert isinstance(example, dict)
    check = Draft202012Validator(schema)
    assert not [*check.iter_errors(example)]
    more = {"window": [example["window"]], "never_first": "group:cosmos"}
    assert not [*check.iter_errors(example | more)]
    for wrong in ({"wave": []}, {"quorum": 80}, {"window": {"zone": "Europe/Berlin"}}):
        assert [*check.iter_errors(example | wrong)], wrong


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h 30m", 5400), ("14d", 1209600)]
)
def test_a_duration_has_a_unit(text: str, seconds: int, folder: Path) -> None:
    (folder / "rollout.yaml").write_text(f"{WHOLE}deadline: {{host: {text}}}\n")
    assert load_rollout(folder / "rollout.yaml")[0].deadline.host == seconds


@pytest.mark.parametrize("text", ["0s", "15", "-5m", "5 minutes", "400d", "", "m", "1.5h"])
def test_what_is_no_duration_is_refused(text: str, folder: Path) -> None:
    (folder / "rollout.yaml").write_text(f'{WHOLE}deadline: {{host: "{text}"}}\n')
    with pytest.raises(SpecError, match="a duration such as 90s"):
        load_rollout(folder / "rollout.yaml")


@pytest.mark.parametrize(
    ("share", "of", "hosts"),
    [("10%", 5, 1), ("10%", 100, 10), ("0%", 9, 0), (7, 3, 3), ("5%", 0, 0)],
)
def test_a_share_of_hosts(share: str | int, of: int, hosts: int) -> None:
    assert hosts_in(share, of) == hosts


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri", {0, 1, 2, 3, 4}), ("sat,sun", {5, 6}), ("Fri-Mon", {4, 5, 6, 0}), ("wed", {2})],
)
def test_days(text: str, days: set[int]) -> None:
    assert days_in(text) == days
    assert days_in(f"{text},some") is None
