"""Why Docker does not run, beside a failure."""

from __future__ import annotations

import pytest

from jetfleet.converge.board_trouble import board_trouble
from jetfleet.converge.engine_trouble import ask_engine
from jetfleet.steps import Refused, Result
from jetfleet.steps.readiness import without_guess

PULL = "could not pull ghcr.io/x/y:1: unexpected EOF"
SERVICE = "cosmos does not come up: it ended with exit status 0; its last lines: none"
REQUIRED = "docker.service -.mount"


def unit(name: str = "docker", **fields: str) -> str:
    """A unit as `systemctl show` prints it: one that runs for an hour."""
    shown = {
        "LoadState": "loaded", "ActiveState": "active", "SubState": "running", "NRestarts": "0",
        "ActiveEnterTimestampMonotonic": "3600000000",
    }  # fmt: skip
    lines = (
        f"{key}={value}" for key, value in {"Id": f"{name}.service", **shown, **fields}.items()
    )
    return "\n".join(lines)


RUNS = unit()
STOPPED = unit(ActiveState="inactive", SubState="dead")
MASKED = unit(ActiveState="inactive", SubState="dead", LoadState="masked")
WAITS = {"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "0"}
CAME_BACK = {"NRestarts": "1", "ActiveEnterTimestampMonotonic": "7190000000"}


def trouble(
    failed: str, *units: str, state: str = "running", requires: str = "", job: str = ""
) -> str:
    """What is said where the board prints this, up for two hours."""
    question = ask_engine(failed)
    about = f"state={state}\nuptime=7200.25\njob={job}\n" + (
        f"requires={requires}\n" if requires else ""
    )
    return question.read("\n\n".join([about.rstrip("\n"), *units])) if question else ""


@pytest.mark.parametrize(
    "failed",
    [
        PULL,
        "Pull ghcr.io/x/y:1 had no effect: image ghcr.io/x/y:1 is not on the board",
        "Tag x: Cannot connect to the Docker daemon at unix:///var/run/docker.sock",
    ],
)
def test_an_image_needs_docker(failed: str) -> None:
    assert "`systemctl start docker`" in trouble(failed, STOPPED)
    assert "`systemctl unmask docker.socket docker.service`" in trouble(failed, MASKED)
    assert trouble(failed, RUNS) == ""


@pytest.mark.parametrize("failed", [SERVICE, "Serve cosmos had no effect: cosmos is not ready"])
def test_a_service_needs_it_if_its_unit_does(failed: str) -> None:
    assert "Docker does not run" in trouble(failed, STOPPED, requires=REQUIRED)
    question = ask_engine(failed)
    assert question
    assert "jetfleet-cosmos.service" in question.script
    assert trouble(failed, STOPPED, requires="sysinit.target") == ""
    assert trouble(failed, unit(**CAME_BACK), requires="sysinit.target") == ""
    assert trouble(failed, RUNS, requires=REQUIRED) == ""


@pytest.mark.parametrize("failed", [PULL, SERVICE])
def test_a_docker_that_is_about_to_stop_is_named(failed: str) -> None:
    assert "Docker does not run" in trouble(failed, RUNS, requires=REQUIRED, job="stop")
    assert trouble(failed, RUNS, requires=REQUIRED, job="start") == ""


def of_started_service(begun: str, requires: str = REQUIRED) -> str:
    """What is said of a service that began to start then, where Docker came up at 3600 s."""
    service = unit("jetfleet-cosmos", InactiveExitTimestampMonotonic=begun, **WAITS)
    return trouble(SERVICE, RUNS, unit("containerd"), service, requires=requires)


def test_a_docker_that_came_up_after_the_start_of_its_service_is_named() -> None:
    assert of_started_service("3599000000").startswith("Docker was stopped or started again")
    assert of_started_service("3599000000", requires="sysinit.target") == ""


@pytest.mark.parametrize("begun", ["3601000000", "0", "", "much later", "9" * 40])
def test_a_docker_that_was_up_before_is_not_named(begun: str) -> None:
    assert of_started_service(begun) == ""


@pytest.mark.parametrize("failed", [PULL, SERVICE])
@pytest.mark.parametrize("name", ["docker", "containerd"])
@pytest.mark.parametrize("state", [WAITS, CAME_BACK])
def test_what_systemd_starts_again_is_named(failed: str, name: str, state: dict[str, str]) -> None:
    shown = [unit(one, **(state if one == name else {})) for one in ("docker", "containerd")]
    said = trouble(failed, *shown, requires=REQUIRED)
    assert said.startswith(f"{name} ended a moment ago, and systemd starts it again")
    assert f"`journalctl -u {name}`, and run again" in said


@pytest.mark.parametrize(
    "state",
    [
        {"NRestarts": "3", "ActiveEnterTimestampMonotonic": "7000000000"},
        {"NRestarts": "0", "ActiveEnterTimestampMonotonic": "7190000000"},
        {"NRestarts": "1", "ActiveEnterTimestampMonotonic": "\u00b2"},
        {"NRestarts": "1", "ActiveEnterTimestampMonotonic": "9" * 5000},
    ],
)
def test_an_old_restart_or_one_by_hand_is_no_cause(state: dict[str, str]) -> None:
    assert trouble(PULL, unit(**state)) == ""


@pytest.mark.parametrize("failed", [PULL, SERVICE])
def test_a_board_that_reboots_is_named(failed: str) -> None:
    assert "shuts down or reboots" in trouble(failed, STOPPED, state="stopping")


def test_a_board_that_does_not_answer_is_named() -> None:
    def lost(script: str, title: str) -> Result:
        del script, title
        raise Refused("the connection was lost: run again")

    assert board_trouble(PULL, lost) == "the connection was lost: run again"


def test_no_question_is_asked_for_other_failures() -> None:
    assert ask_engine("could not fetch model x: checksum error") is None


@pytest.mark.parametrize("printed", ["", "\n\n", "state\n\nId", "uptime=\n\nId=docker.service"])
def test_an_answer_that_says_nothing_is_no_reason(printed: str) -> None:
    question = ask_engine(PULL)
    assert question
    assert question.read(printed) == ""


def test_a_name_is_quoted() -> None:
    question = ask_engine("a;b does not come up: x")
    assert question
    assert "'jetfleet-a;b.service'" in question.script


def test_a_known_cause_replaces_the_usual_one() -> None:
    guess = (
        "x does not come up: it ended with exit status 137 (killed, as a rule for lack of memory: "
        "less context, fewer sequences or a smaller share of memory); its last lines: none"
    )
    assert without_guess(guess) == (
        "x does not come up: it ended with exit status 137; its last lines: none"
    )
