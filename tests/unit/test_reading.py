"""Scripts of changes go together, and the reading after them comes back with the last one."""

from __future__ import annotations

import pytest

from jetfleet.converge.executor import Executor
from jetfleet.converge.outbox import HeldFailed
from jetfleet.converge.reading import Reading
from jetfleet.converge.session import Session
from jetfleet.resources import File, RunOptions
from jetfleet.steps import Lost, Progress, Result, Run, StepFailed, Steps, Watch
from jetfleet.survey.section import FRAME

NEXT = f"{FRAME} next"


class Board:
    """Answers each script with the next of some texts, and notes what it was sent.

    After a text that ends with ``LOST`` its connection is lost; it fails after one that ends with
    ``FAILED``.
    """

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.ran: list[Run] = []
        self.asked: list[str] = []

    def run(self, script: str, title: str, seconds: int = 120) -> Result:
        self.ran.append(Run(script, title, seconds))
        out = self.answers.pop(0)
        if out.endswith("LOST"):
            raise Lost(f"the connection was lost at “{title}”: run again", out[: -len("LOST")])
        return Result(ok=not out.endswith("FAILED"), out=out, err=f"{out}\nno room")

    def query(self, script: str, title: str, seconds: int = 60, tries: int = 3) -> Result:
        del title, seconds, tries
        self.asked.append(script)
        return Result(ok=True, out=self.answers.pop(0) if self.answers else "")


def steps(*runs: Run | Watch) -> Steps:
    for one in runs:  # noqa: UP028 - results are sent to it
        yield one


def executor_of(board: Board) -> Executor:
    made = Executor(board, lambda _: None)  # type: ignore[arg-type]
    made.reading = Reading("read\n", 60)
    return made


def said(*parts: str) -> str:
    return "".join(f"\n{NEXT}\n{part}" for part in parts)


ONE_RUN, OTHER_RUN = Run("one", "One", joined=True), Run("two", "Two", 30, joined=True)


def test_scripts_whose_output_nobody_needs_go_together_with_the_reading() -> None:
    board = Board(said("1", "2", "state\n"))
    executor = executor_of(board)
    executor.execute(steps(ONE_RUN), "one")
    executor.execute(steps(OTHER_RUN), "two")
    assert board.ran == []
    executor.finish()
    (sent,) = board.ran
    assert sent.script.index("\none\n") < sent.script.index("\ntwo\n") < sent.script.index("read")
    assert (sent.title, sent.seconds) == ("One; Two", 210)
    assert executor.reading.output == "state\n"


def test_a_script_whose_output_is_needed_goes_with_those_before_it() -> None:
    board = Board(said("1", "answer\n"), "more")
    executor = executor_of(board)
    found: list[str] = []

    def asking() -> Steps:
        yield ONE_RUN
        found.append((yield Run("ask", "Ask")).out)
        found.append((yield Run("again", "Again")).out)

    executor.execute(asking(), "one")
    assert found == ["answer\n", "more"]
    assert [one.title for one in board.ran] == ["One; Ask", "Again"]


@pytest.mark.parametrize(
    ("parts", "owner", "why"),
    [
        (["1FAILED"], "one", "^One: .*no room$"),
        (["1", "2FAILED"], "two", "^Two: .*no room$"),
        (["1", "LOST"], "two", "^the connection was lost at “Two”: run again$"),
        (["LOST"], "one", "^the connection was lost at “One”: run again$"),
    ],
)
def test_a_failure_names_the_script_that_failed(parts: list[str], owner: str, why: str) -> None:
    executor = executor_of(Board(said(*parts)))
    executor.execute(steps(ONE_RUN), "one")
    executor.execute(steps(OTHER_RUN), "two")
    with pytest.raises(HeldFailed, match=r"(?s)" + why) as failed:
        executor.finish()
    assert failed.value.owner == owner
    assert executor.reading.output is None


def test_a_failure_of_others_is_not_given_to_the_steps() -> None:
    executor = executor_of(Board(said("1FAILED")))

    def undoing() -> Steps:
        try:
            yield Run("mine", "Mine")
        except StepFailed:
            yield Run("undo", "Undo what was not done")

    executor.execute(steps(ONE_RUN), "one")
    with pytest.raises(HeldFailed, match="One: ") as failed:
        executor.execute(undoing(), "mine")
    assert failed.value.owner == "one"


def test_a_connection_that_is_lost_in_the_reading_has_lost_no_change() -> None:
    executor = executor_of(Board(said("1", "half of a stLOST")))
    executor.execute(steps(ONE_RUN))
    executor.finish()
    assert executor.reading.output is None


def watch(*, ended: str = "") -> Watch:
    def judge(out: str) -> Progress:
        return Progress(done="up" in out, line=out)

    return Watch("look", "Wait", judge, 60, ended=ended)


def test_what_is_watched_is_begun_and_looked_at_in_one_round_trip() -> None:
    board = Board(said("begun\n", "up", "state\n"))
    executor = executor_of(board)
    executor.execute(steps(ONE_RUN, watch(ended="[ -e up ]")))
    assert len(board.ran) == 1
    assert board.asked == []
    assert executor.reading.output == "state\n"


def test_a_watch_whose_first_answer_is_lost_goes_on() -> None:
    board = Board(said("begun\n", "LOST"), "up")
    shown: list[str] = []

    def watching() -> Steps:
        yield ONE_RUN
        shown.append((yield watch()).out)

    executor_of(board).execute(watching())
    assert board.asked == ["look"]
    assert shown == ["begun\nup"], "what the beginning has printed is not lost"


def test_a_beginning_that_is_lost_is_not_watched() -> None:
    board = Board(said("LOST"))
    with pytest.raises(HeldFailed, match="lost at “One”"):
        executor_of(board).execute(steps(ONE_RUN, watch()))
    assert board.asked == []


def test_a_later_script_makes_a_reading_old() -> None:
    board = Board(said("begun\n", "up", "state\n"), "done")
    executor = executor_of(board)
    executor.execute(steps(ONE_RUN, watch(ended="true"), Run("more", "More")))
    assert executor.reading.output is None


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
    reading = session.reading_after([ONE.key])
    assert "/etc/one" in reading.script
    assert "/etc/other" not in reading.script
    scripts.clear()
    session.changed([ONE.key])
    reading.output = answer(whole=whole)
    session.take(reading)
    assert session.verdict(ONE.key).changes == ()
    assert session.verdict(ONE.key).refused == ""
    assert len(scripts) == asked
