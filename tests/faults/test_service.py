"""A service that comes up slowly, wrongly or never: what a run says, and that the old is back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.lab import Lab, errors, no_reboot, until
from tests.support.pyinfra import Ran

HOST = "orin"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One board, ready; what a test does to its service is undone by the next test's spec."""
    lab = Lab.up(tmp_path_factory.mktemp("service"), [HOST], no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def applied(lab: Lab, **service: Any) -> tuple[Ran, float]:
    """Apply with other settings of the service; also returns the seconds that it took."""
    lab.rewrite(lambda spec: spec["hosts"][HOST].update(services={"cosmos": service}))
    began = time.monotonic()
    return lab.apply(), time.monotonic() - began


def assert_back(lab: Lab, ran: Ran) -> None:
    """The old service answers with its old settings, and the plan still has the new ones."""
    assert ran.status == 1
    assert "The old cosmos is back with its previous settings, and ready." in ran.log
    assert lab.holds(HOST, "systemctl is-active jetfleet-cosmos")
    assert "STANDIN_FAULT" not in lab.sh(HOST, "docker exec cosmos env; cat /etc/jetfleet/cosmos/*")
    assert lab.chat(HOST)
    assert "serving | Serve cosmos" in lab.plan()[HOST]


def test_a_crash_loop_ends_the_wait_at_once_with_its_last_lines(lab: Lab) -> None:
    ran, seconds = applied(lab, env={"JETFLEET_STANDIN_FAULT": "crash-at-load"})
    assert "cosmos does not come up: it ended with exit status 1" in ran.log
    assert "INTERNAL ASSERT FAILED at CUDACachingAllocator.cpp" in ran.log
    assert seconds < 60  # and not the ten minutes of `ready_timeout`
    assert_back(lab, ran)


def test_ready_means_that_it_generates(lab: Lab) -> None:
    ran, seconds = applied(lab, env={"JETFLEET_STANDIN_FAULT": "generation-fails"})
    assert "cosmos does not come up: http://127.0.0.1:8000/v1/chat/completions answered 500" in (
        ran.log
    )
    assert "Internal server error" in ran.log
    assert seconds < 60
    assert_back(lab, ran)


def test_an_option_that_the_board_cannot_hold_is_reported_in_the_servers_words(lab: Lab) -> None:
    # The twin's memory is taken by another program: no check of the spec can know that.
    lab.sh(HOST, "sed -i 's/^MemAvailable: .*/MemAvailable:  9000000 kB/' /run/twin/meminfo")
    try:
        ran, _ = applied(lab, env={"ANY": "change"})
        assert ran.status == 1
        assert "is less than desired GPU memory utilization" in ran.log
        assert (
            "The previous settings were put back, but it does not become ready with them either"
            in ran.log
        )
    finally:
        lab.sh(HOST, "cat /usr/lib/twin/meminfo > /run/twin/meminfo")


@pytest.mark.campaign
def test_a_slow_load_is_waited_for_while_it_makes_progress(lab: Lab) -> None:
    ran, seconds = applied(lab, env={"JETFLEET_STANDIN_LOAD_SECONDS": "10"}, ready_timeout=4)
    assert ran.status == 0, ran.log
    assert seconds > 10
    assert lab.chat(HOST)


@pytest.mark.campaign
def test_a_service_that_never_gets_ready_ends_the_wait(lab: Lab) -> None:
    fault = {"JETFLEET_STANDIN_FAULT": "never-ready"}
    ran, seconds = applied(lab, env=fault, ready_timeout=4)
    assert "Serve cosmos: nothing has moved for 4 seconds" in "".join(errors(ran, HOST))
    assert 4 < seconds < 60
    assert_back(lab, ran)


def test_a_stop_while_it_loads_is_quick_and_leaves_no_container(lab: Lab) -> None:
    """Process 1 of a container has no default action: a signal before its handler is lost."""
    applied(lab)
    for _ in range(3):
        lab.sh(HOST, "systemctl --no-block restart jetfleet-cosmos")
        running = "docker inspect -f '{{.State.Running}}' cosmos | grep true && "
        loads = running + "[ $(systemctl is-active jetfleet-cosmos) = activating ]"
        until(lambda loads=loads: lab.holds(HOST, loads), "the server to load")
        began = time.monotonic()
        lab.sh(HOST, "systemctl stop jetfleet-cosmos")
        assert time.monotonic() - began < 15
        assert lab.sh(HOST, "docker ps -aq") == ""


def test_it_comes_up_once_the_spec_is_right(lab: Lab) -> None:
    ran, _ = applied(lab)
    assert ran.status == 0, ran.log
    assert lab.plan() == {}
    assert lab.chat(HOST)
