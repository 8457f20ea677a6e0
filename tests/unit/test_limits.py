"""What hangs, who did not answer, how much time a host has, and whether a pull moves."""

from __future__ import annotations

import pytest

from jetfleet.converge import time_left
from jetfleet.inventory.connection_errors import remedy_of
from jetfleet.resources import Image, Model, ModelFile, RunOptions
from jetfleet.resources.image import ImageState
from jetfleet.steps import LinkResolver, NoAnswer, Result, Watch
from jetfleet.survey import survey
from jetfleet.transport.hang import hang, program_of
from tests.support.cases import links


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("docker container inspect -f {{.Id}} cosmos ", "docker container inspect"),
        ("/usr/bin/systemctl restart docker.service ", "systemctl restart docker.service"),
        ("python3 -c import sys ", "python3"),
        ("nvpmodel -q", "nvpmodel"),
        ("x\x1b]0;title\x07 y", "x\ufffd]0;title\ufffd y"),
        ("", ""),
    ],
)
def test_a_program_is_named_without_its_options(command: str, shown: str) -> None:
    assert program_of(command) == shown


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("docker info", "within 20 s: `docker info` hangs: look at `systemctl status docker`"),
        ("systemctl stop x", "`systemctl stop x` hangs: look at `systemctl list-jobs`"),
        ("journalctl -q", "hangs: look at `systemctl status systemd-journald`"),
        ("df -B1", "`df` hangs: a disk or a network mount does not answer: look at `dmesg`"),
        ("nvpmodel -q", "`nvpmodel` hangs: log in to the board, and run it by hand"),
        ("", "did not answer within 20 s: log in to the board, and look what hangs"),
    ],
)
def test_what_hangs_is_named_with_its_remedy(command: str, sentence: str) -> None:
    assert hang(20, command).endswith(sentence)


def test_a_host_has_its_time_for_all_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_left, "_SPENT", {})
    assert time_left.limit_of("orin", "survey", 60, None) == 60
    assert time_left.limit_of("orin", "survey", 300, 100) == 100
    time_left._SPENT["orin"] = 70.5
    assert time_left.limit_of("orin", "survey", 300, 100) == 30
    assert time_left.limit_of("nano", "survey", 300, 100) == 100
    time_left._SPENT["orin"] = 100
    with pytest.raises(NoAnswer, match="100 s that one host may take, and “survey” was not begun"):
        time_left.limit_of("orin", "survey", 5, 100)


@pytest.mark.parametrize("value", [None, "", "x", "0", "-1", "nan", "inf", True])
def test_a_timeout_that_is_not_a_number_of_seconds_limits_nothing(value: object) -> None:
    assert time_left.given(value) is None
    assert time_left.given("2.5") == 2.5


def test_a_survey_has_a_minute_unless_it_hashes() -> None:
    model = Model("m", "1", "hf:a/b", "/models", (ModelFile("w", 10**11, "0" * 64),))
    assert survey.seconds([model], RunOptions()) == 60
    assert survey.seconds([model], RunOptions(deep=True)) > 1800


RUNNING = "ActiveState=active\nSubState=running\n-- log\nStarted Pull\n"


def pull() -> Watch:
    """The watch of a pull."""
    image = Image("nvcr.io/x/y", "1")
    absent = ImageState(present=False, tagged=False)
    changes = image.compare(absent, RunOptions())
    steps = image.steps(absent, changes, RunOptions(), LinkResolver(links))
    step = next(steps)
    for out in ("1000000000000", ""):
        step = steps.send(Result(ok=True, out=out))
    assert isinstance(step, Watch)
    return step


def tokens(*outs: str) -> list[str]:
    watch = pull()
    return [watch.judge(RUNNING + out).token for out in outs]


def test_a_pull_moves_with_what_the_engine_moves() -> None:
    first, second, third = tokens("moved=1\nmoved=5\n", "moved=100000\nmoved=5\n", "moved=300000\n")
    assert len({first, second, third}) == 3
    assert len(set(tokens("2f: Waiting\nmoved=1\n", "2f: Pull complete\nmoved=1\n"))) == 2


def test_a_pull_does_not_move_with_what_others_write() -> None:
    """The engine answers questions, and writes the logs of containers."""
    assert len(set(tokens("moved=1\n", "moved=20000\n", "moved=40000\n"))) == 1
    assert "df " not in pull().script


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("SSH error (No existing session)", "the link is too slow for a login"),
        ("SSH error (Error reading SSH protocol banner)", "MaxStartups"),
        ("EOF error ()", "MaxStartups"),
    ],
)
def test_a_connection_that_is_not_made_has_a_remedy(text: str, remedy: str) -> None:
    assert remedy in remedy_of(text)
