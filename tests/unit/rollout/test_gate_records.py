"""Records of probes on the workstation, and the keys by which they are compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from jetfleet.rollout.gates.key import changed
from jetfleet.rollout.gates.probed import Record
from jetfleet.rollout.gates.records import MOST, keep, kept
from tests.support.gate_evidence import key, record

RATES = [26.0, 25.0]


def test_what_is_kept_is_read_again_oldest_first(tmp_path: Path) -> None:
    later, first = record("b", RATES, at="2026-11-02"), record("a", RATES, at="2026-11-01")
    keep(tmp_path, later)
    keep(tmp_path, first)
    assert kept(tmp_path) == (first, later)
    assert kept(tmp_path / "nowhere") == ()


def test_only_the_latest_of_a_host_are_kept(tmp_path: Path) -> None:
    keep(tmp_path, record("other", RATES))
    for day in range(MOST + 3):
        keep(tmp_path, record("a", RATES, at=f"2026-11-{day:02}"))
    days = [one.at for one in kept(tmp_path) if one.host == "a"]
    assert len(days) == MOST
    assert days[0] == "2026-11-03"
    assert len(kept(tmp_path)) == MOST + 1


@pytest.mark.parametrize("text", ["", "nonsense", "{}", '{"host": "a"}', "[" * 9000, "\0", "NaN"])
def test_a_damaged_record_hides_no_other(text: str, tmp_path: Path) -> None:
    file = keep(tmp_path, record("a", RATES))
    file.with_name("0.json").write_text(text)
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..", "", "a\0b", "x" * 500])
def test_a_name_stays_in_the_folder(name: str, tmp_path: Path) -> None:
    file = keep(tmp_path / "in", record(name, RATES, at=name))
    assert file.resolve().is_relative_to((tmp_path / "in").resolve())
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), 0.0, -1.0, 1e12])
def test_a_figure_that_cannot_be_is_refused(rate: float) -> None:
    plain = record("a", RATES).plain
    plain["probe"]["requests"][0]["tokens_per_second"] = rate
    with pytest.raises(ValidationError):
        Record.model_validate(plain)


def test_a_record_is_plain_json() -> None:
    one = record("a", RATES, key=key(flags={"b": [1, {"x": None}]}))
    assert Record.model_validate(json.loads(json.dumps(one.plain, allow_nan=False))) == one


def test_options_are_equal_in_any_order() -> None:
    one = key(flags={"a": [1, 2], "b": {"x": 1, "y": 2}})
    assert one.whole == key(flags={"b": {"y": 2, "x": 1}, "a": [1, 2]}).whole
    assert one.whole != key(flags={"b": {"y": 2, "x": 1}, "a": [2, 1]}).whole
    assert hash(one.whole)


def test_what_a_change_touches_is_named() -> None:
    assert changed(key(), key()) == ()
    assert changed(key(), key(image={"name": "x"}, flags={"a": 1}, board={"l4t": "9"})) == ()
    touched = changed(key(), key(board={"power_mode": "15W"}, model={"quantisation": "awq"}))
    assert touched == ("the power mode", "the quantisation")
