"""An unexpected exception of one host: a refusal with a report, and nothing for the others."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jetfleet.converge.session import Session
from jetfleet.defect import Defect, contained, reports_in
from jetfleet.environment import RUN_FOLDER
from jetfleet.errors import FleetError
from jetfleet.resources import Applied, RunOptions

QUOTED = "hunter2-of-the-robot"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RUN_FOLDER, str(tmp_path))
    monkeypatch.setattr("jetfleet.defect._REPORTED", {})
    return tmp_path


@dataclass(frozen=True)
class Broken(Applied):
    """A resource whose comparison has an error."""

    error: ClassVar[BaseException] = AttributeError(f"no attribute {QUOTED}")

    def compare(self, actual: Any, options: RunOptions) -> list[Any]:
        del actual, options
        raise self.error


def session(*resources: Applied) -> Session:
    made = Session(resources, RunOptions(), lambda *_: "")
    made.known.update({one.key: {} for one in resources})
    return made


def test_an_exception_of_the_comparison_is_a_refusal_with_type_place_and_file(folder: Path) -> None:
    refused = session(Broken((), ())).verdict("applied:record").refused
    assert re.fullmatch(
        r"comparing applied:record ended with AttributeError at \S+\.py:\d+, an error in "
        rf"jetfleet: report it with {folder}/error-\d+-1\.txt",
        refused,
    )
    (report,) = reports_in(folder)
    text = report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert QUOTED not in text
    assert QUOTED not in refused
    assert str(Path.home()) not in text
    for wanted in ("AttributeError", "while: comparing applied:record", "Python 3", "in verdict"):
        assert wanted in text


def test_another_resource_is_compared_as_if_nothing_had_happened(folder: Path) -> None:
    good = Applied((), ())
    alone = session(good).verdict(good.key)
    assert session(Broken((), ())).verdict(good.key).refused
    assert session(good).verdict(good.key) == alone
    assert len(reports_in(folder)) == 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_process_passes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    monkeypatch.setattr(Broken, "error", kind())
    with pytest.raises(kind):
        session(Broken((), ())).verdict("applied:record")
    assert not reports_in(folder)


def test_an_error_for_the_user_stays_as_it_is(folder: Path) -> None:
    with pytest.raises(FleetError, match="as written") as caught, contained("it"):
        raise FleetError("as written")
    assert not isinstance(caught.value, Defect)
    assert not reports_in(folder)


def test_a_survey_that_breaks_the_connection_in_an_unknown_way_is_a_refusal(folder: Path) -> None:
    def broken(script: str, seconds: int) -> str:
        raise RuntimeError(f"{script} {seconds}")

    for key in ("applied:record",) * 2:
        verdict = Session([Applied((), ())], RunOptions(), broken).verdict(key)
        assert "RuntimeError at" in verdict.refused
    assert len(reports_in(folder)) == 1  # the same error in the same place is reported once


def test_a_plan_that_cannot_be_checked_refuses_the_host_for_the_whole_phase(folder: Path) -> None:
    def guard(session: Session) -> str:
        raise TypeError(session)

    guarded = Session([Applied((), ())], RunOptions(), lambda *_: "", guard)
    reasons = [guarded.verdict("applied:record").refused for _ in range(2)]
    assert all("checking the survey against the plan ended with TypeError" in r for r in reasons)
    assert reports_in(folder)


def test_without_room_for_a_report_the_sentence_is_still_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv(RUN_FOLDER, str(folder / "file"))
    refused = session(Broken((), ())).verdict("applied:record").refused
    assert "no report could be written" in refused


def test_an_endless_recursion_has_a_short_report(folder: Path) -> None:
    def endless() -> None:
        endless()

    with pytest.raises(Defect, match="RecursionError"), contained("it"):
        endless()
    assert len(reports_in(folder)[0].read_text().splitlines()) < 200
