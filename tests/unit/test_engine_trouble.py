"""Why Docker does not run, beside a failure."""

from __future__ import annotations

import pytest

from jetfleet.converge.engine_trouble import engine_trouble
from jetfleet.steps import Refused, Result

RUNS = "running\nLoadState=loaded\nActiveState=active\n"
STOPPED = "degraded\nLoadState=loaded\nActiveState=inactive\n"
MASKED = "running\nLoadState=masked\nActiveState=inactive\n"
REQUIRED = "sysinit.target docker.service -.mount\n"
PULL = "could not pull ghcr.io/x/y:1: unexpected EOF"
SERVICE = "cosmos does not come up: it ended with exit status 0; its last lines: none"


def trouble(failed: str, shown: str) -> tuple[str, str]:
    """What is said, and the script that asked the board."""
    scripts = [""]

    def query(script: str, _: str) -> Result:
        scripts.append(script)
        return Result(ok=True, out=shown)

    return engine_trouble(failed, query), scripts[-1]


@pytest.mark.parametrize(
    "failed",
    [
        PULL,
        "Pull ghcr.io/x/y:1 had no effect: image ghcr.io/x/y:1 is not on the board",
        "Tag x: Cannot connect to the Docker daemon at unix:///var/run/docker.sock",
    ],
)
def test_an_image_needs_docker(failed: str) -> None:
    assert "`systemctl start docker`" in trouble(failed, STOPPED)[0]
    assert "`systemctl unmask docker.socket docker.service`" in trouble(failed, MASKED)[0]
    assert trouble(failed, RUNS)[0] == ""


@pytest.mark.parametrize("failed", [SERVICE, "Serve cosmos had no effect: cosmos is not ready"])
def test_a_service_needs_it_if_its_unit_does(failed: str) -> None:
    said, script = trouble(failed, STOPPED + REQUIRED)
    assert "Docker does not run" in said
    assert "jetfleet-cosmos.service" in script
    assert trouble(failed, STOPPED + "sysinit.target\n")[0] == ""
    assert trouble(failed, RUNS + REQUIRED)[0] == ""


@pytest.mark.parametrize("failed", [PULL, SERVICE])
def test_a_board_that_reboots_is_named(failed: str) -> None:
    assert "shuts down or reboots" in trouble(failed, STOPPED.replace("degraded", "stopping"))[0]


def test_a_board_that_does_not_answer_is_named() -> None:
    def lost(script: str, title: str) -> Result:
        del script, title
        raise Refused("the connection was lost: run again")

    assert engine_trouble(PULL, lost) == "the connection was lost: run again"


def test_no_question_is_asked_for_other_failures() -> None:
    assert trouble("could not fetch model x: checksum error", STOPPED) == ("", "")


def test_an_answer_that_says_nothing_is_no_reason() -> None:
    assert trouble(PULL, "")[0] == ""


def test_a_name_is_quoted() -> None:
    assert "'jetfleet-a;b.service'" in trouble("a;b does not come up: x", RUNS)[1]
