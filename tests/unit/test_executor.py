"""Steps: what is found wrong before any of them is a refusal, what fails in one is a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jetfleet.converge import engine_hang
from jetfleet.converge.executor import Executor
from jetfleet.steps import (
    NoAnswer,
    Progress,
    Reboot,
    Refused,
    Result,
    Run,
    StepFailed,
    Steps,
    Watch,
)
from jetfleet.steps.start import Start
from jetfleet.transport.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Callable


class Connection:
    """Answers each script with the next of some results; without one the connection is lost."""

    def __init__(self, *results: Result) -> None:
        self._results = list(results)

    def run(self, script: str, title: str, seconds: int = 0) -> Result:
        del script, seconds
        if not self._results:
            raise Refused(f"the connection was lost at {title}")
        return self._results.pop(0)

    query = run


class Late(Connection):
    """Answers nothing in time."""

    def query(self, script: str, title: str, seconds: int = 0) -> Result:
        del script, seconds
        raise NoAnswer(f"“{title}” did not answer within 60 s: `docker info` hangs")


def executor(*results: Result) -> Executor:
    remote: Any = Connection(*results)
    return Executor(remote, lambda _: None)


def refused_first() -> Steps:
    raise Refused("no room")
    yield


def one() -> Steps:
    yield Run("true", "Write it")


def watched() -> Steps:
    yield Watch("true", "Wait for it", lambda out: Progress(failed=out), patience=1)


def unjudged() -> Steps:
    def judge(out: str) -> Progress:
        raise AssertionError(out)

    yield Watch("true", "Wait for it", judge, patience=1)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result(ok=False, out="ActiveState=active", err="sudo: no"), "Wait for it: sudo: no"),
        (Result(ok=False, status=9), "Wait for it: it ended with exit status 9 and no output"),
    ],
)
def test_what_a_failed_script_printed_is_no_answer(result: Result, said: str) -> None:
    with pytest.raises(StepFailed, match=said):
        executor(result).execute(unjudged())


def test_a_watch_that_gets_no_answer_ends_with_its_patience() -> None:
    remote: Any = Late()
    with pytest.raises(StepFailed, match=r"nothing has moved for 0 s.*: `docker info` hangs"):
        Executor(remote, lambda _: None).execute(
            iter_steps(Watch("true", "Pull it", lambda _: Progress(), patience=0.2))
        )


class Stuck(Connection):
    """Shows no progress, and has a Docker that answers these one after the other."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[str] = []

    def query(self, script: str, title: str, seconds: int = 0) -> Result:
        del seconds
        if title != "Ask Docker":
            return Result(ok=True)
        self.asked.append(script)
        if not self.answers:
            raise Refused("the connection was lost")
        return Result(ok=True, out=self.answers.pop(0))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_hang, "EVERY_SECONDS", 0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("title", ["Serve cosmos", "Pull ghcr.io/x/y:1"])
def test_a_wait_ends_if_docker_hangs(title: str) -> None:
    remote: Any = Stuck("hangs\n", "\n", "hangs\n", "hangs\n")
    with pytest.raises(StepFailed) as failed:
        Executor(remote, lambda _: None).execute(
            iter_steps(Watch("true", title, lambda _: Progress(), patience=600))
        )
    assert str(failed.value) == (
        f"{title}: Docker does not answer: look at `systemctl status docker`, restart it with "
        "`systemctl restart docker`, and run again"
    )
    assert remote.answers == [], "one late answer is not a hang"
    assert ("jetfleet-cosmos.service" in remote.asked[0]) == (title == "Serve cosmos")


@pytest.mark.usefixtures("at_once")
def test_a_step_that_needs_no_docker_does_not_ask_it() -> None:
    remote: Any = Stuck("hangs", "hangs")
    with pytest.raises(StepFailed, match="nothing has moved for 0 s"):
        Executor(remote, lambda _: None).execute(
            iter_steps(Watch("true", "Fetch model x", lambda _: Progress(), patience=0.05))
        )
    assert remote.asked == []


@pytest.mark.usefixtures("at_once")
def test_a_docker_that_cannot_be_asked_does_not_hang() -> None:
    remote: Any = Stuck()
    with pytest.raises(StepFailed, match="nothing has moved for 0 s"):
        Executor(remote, lambda _: None).execute(
            iter_steps(Watch("true", "Serve cosmos", lambda _: Progress(), patience=0.05))
        )
    assert remote.asked


def test_a_boot_that_cannot_be_asked_for_is_no_reboot() -> None:
    for results, said in (
        ((Result(ok=False, err="Permission denied"),), "Permission denied"),
        ((Result(ok=True, out="1"), Result(ok=False, err="no systemd")), "no systemd"),
    ):
        with pytest.raises(StepFailed, match=f"Reboot it: {said}"):
            executor(*results).execute(iter_steps(Reboot("Reboot it")))


def iter_steps(*steps: Any) -> Steps:
    yield from steps


def test_a_precondition_that_does_not_hold_is_a_refusal() -> None:
    with pytest.raises(Refused, match="no room"):
        executor().execute(refused_first())


@pytest.mark.parametrize(
    ("steps", "results", "said"),
    [
        (one, (Result(ok=False, err="disk full"),), "Write it: disk full"),
        (one, (), "the connection was lost at Write it"),
        (watched, (Result(ok=True, out="it died"),), "it died"),
    ],
)
def test_a_step_that_fails_is_no_refusal(
    steps: Callable[[], Steps], results: tuple[Result, ...], said: str
) -> None:
    with pytest.raises(StepFailed, match=said):
        executor(*results).execute(steps())


PARTS = ("taken: port 8000 is taken by nc\n", "ActiveState=inactive\n")
TAKEN = Result(ok=True, out="".join(f"\n{FRAME} next\n{part}" for part in PARTS))


@pytest.mark.parametrize(
    ("results", "then"),
    [
        ((), "is not known: the connection was lost at Put cosmos back"),
        ((Result(ok=False, err="no python3"),), "is not known: Put cosmos back: no python3"),
        ((Result(ok=True, out="back 0\n"),), "is not known: the connection was lost at Serve"),
        ((Result(ok=True, out="failed it is damaged\n"),), "could not be put back: it is damaged"),
        ((Result(ok=True, out=""),), "could not be put back: no reason was given"),
    ],
)
def test_what_fails_afterwards_never_hides_why_new_settings_failed(
    results: tuple[Result, ...], then: str
) -> None:
    start = Start("cosmos", "jetfleet-cosmos.service", "Serve cosmos", (), 600, rollback=True)
    with pytest.raises(StepFailed) as failed:
        executor(TAKEN, *results).execute(start.steps(start.script))
    cause, after = str(failed.value).split("\n", 1)
    assert cause == "cosmos is not started: port 8000 is taken by nc"
    assert then in after
