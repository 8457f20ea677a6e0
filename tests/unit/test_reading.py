"""The reading after a change comes back with the change's last script."""

from __future__ import annotations

import pytest

from jetfleet.converge.executor import Executor
from jetfleet.converge.reading import Reading
from jetfleet.converge.session import Session
from jetfleet.resources import File, RunOptions
from jetfleet.steps import Result, Run, StepFailed, Steps
from jetfleet.survey.section import FRAME


class Board:
    """Answers each script with what it was sent."""

    def __init__(self, *, ok: bool = True) -> None:
        self.ran: list[Run] = []
        self.ok = ok

    def run(self, script: str, title: str, seconds: int = 120) -> Result:
        self.ran.append(Run(script, title, seconds))
        return Result(ok=self.ok, out="read\n", err="no room")

    def query(self, script: str, title: str, seconds: int = 60, tries: int = 3) -> Result:
        del script, title, seconds, tries
        return Result(ok=True)


def steps(*runs: Run) -> Steps:
    for one in runs:  # noqa: UP028 - results are sent to it
        yield one


def test_the_last_script_alone_has_the_reading() -> None:
    board, reading = Board(), Reading("read\n", 60)
    executor = Executor(board, lambda _: None, reading=reading)  # type: ignore[arg-type]
    executor.execute(steps(Run("one", "One"), Run("two", "Two", 30, last=True)))
    one, two = (one.script for one in board.ran)
    assert one == "one"
    assert two.startswith("(\ntwo\n)\n")
    assert two.endswith("\nread\n\ntrue\n")
    assert [one.seconds for one in board.ran] == [120, 90]
    assert reading.output == "read\n"


def test_a_change_that_fails_is_not_read() -> None:
    reading = Reading("read\n", 60)
    executor = Executor(Board(ok=False), lambda _: None, reading=reading)  # type: ignore[arg-type]
    with pytest.raises(StepFailed, match="no room"):
        executor.execute(steps(Run("two", "Two", last=True)))
    assert reading.output is None


ONE, OTHER = File("/etc/one", "x"), File("/etc/other", "x")
STAT = "stat|regular file|644|root|root|/etc/one"


def answer(*, whole: bool) -> str:
    lines = [f"{ONE.sha256}  /etc/one", STAT, f"{OTHER.sha256}  /etc/other"]
    lines.append(STAT.replace("one", "other"))
    end = [f"{FRAME} end file 0"] if whole else []
    return "\n".join(["of the change", f"{FRAME} begin file", *lines, *end, ""])


@pytest.mark.parametrize(("whole", "asked"), [(True, 0), (False, 1)])
def test_what_came_whole_is_not_read_again(*, whole: bool, asked: int) -> None:
    scripts: list[str] = []

    def run_script(script: str, seconds: int) -> str:
        del seconds
        scripts.append(script)
        return answer(whole=True)

    session = Session([ONE, OTHER], RunOptions(), run_script)
    session.survey()
    script, _ = session.reading_after(ONE.key)
    assert "/etc/one" in script
    assert "/etc/other" not in script
    scripts.clear()
    session.changed(ONE.key)
    session.take(answer(whole=whole))
    assert session.verdict(ONE.key).changes == ()
    assert session.verdict(ONE.key).refused == ""
    assert len(scripts) == asked
