"""The work of hosts: each at its own pace, in order, and no more at once than there are turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from jetfleet.converge.work import Work, waiting

Job = Callable[[], "bool | None"]


class Hosts:
    """Works of made hosts over some turns; what their jobs did, in order."""

    def __init__(self, turns: int = 9) -> None:
        self.turns = BoundedSemaphore(turns)
        self.done: list[str] = []
        self.ends: list[bool] = []

    def work(self, **jobs: Job) -> Work:
        host: Any = None
        return Work(host, jobs, self.turns, self.ends.append)

    def job(self, name: str, *, ends: bool | None = True, after: Callable[[], Any] = bool) -> Job:
        def job() -> bool | None:
            after()
            self.done.append(name)
            return ends

        return job


def wait(work: Work, key: str) -> bool | None:
    with gevent.Timeout(10):
        return work.wait(key)


def test_jobs_are_done_in_order_and_rows_get_their_own_outcome() -> None:
    hosts = Hosts()
    work = hosts.work(a=hosts.job("a"), b=hosts.job("b", ends=None), c=hosts.job("c"))
    assert (wait(work, "c"), wait(work, "a"), wait(work, "b")) == (True, True, None)
    assert hosts.done == ["a", "b", "c"]
    assert wait(work, "another host's") is None
    gevent.sleep(0)
    assert hosts.ends == [True]


def test_nothing_is_done_after_a_job_that_failed() -> None:
    hosts = Hosts()
    work = hosts.work(a=hosts.job("a", ends=False), b=hosts.job("b"))
    assert (wait(work, "b"), wait(work, "a")) == (None, False)
    assert hosts.done == ["a"]
    gevent.sleep(0)
    assert hosts.ends == [False]


def test_an_error_is_raised_in_the_row_of_its_job() -> None:
    def broken() -> bool:
        raise ValueError("broken")

    hosts = Hosts()
    work = hosts.work(a=broken, b=hosts.job("b"))
    assert wait(work, "b") is None
    with pytest.raises(ValueError, match="broken"):
        wait(work, "a")
    assert hosts.done == []


def test_a_host_that_hangs_holds_no_other() -> None:
    hosts, goes_on = Hosts(), Event()
    slow = hosts.work(a=hosts.job("slow", after=goes_on.wait))
    assert wait(hosts.work(b=hosts.job("quick")), "b")
    assert hosts.done == ["quick"]
    goes_on.set()
    assert wait(slow, "a")


def test_no_more_hosts_work_at_once_than_there_are_turns() -> None:
    hosts, at_once = Hosts(turns=2), [0, 0]

    def job() -> bool:
        at_once[0] += 1
        at_once[1] = max(at_once)
        gevent.sleep(0.01)
        at_once[0] -= 1
        return True

    works = [hosts.work(a=job, b=job) for _ in range(8)]
    assert all(wait(work, "b") for work in works)
    assert at_once == [0, 2]


def test_who_waits_for_another_host_holds_no_turn() -> None:
    hosts = Hosts(turns=1)

    def fetch() -> bool:
        with waiting(hosts.turns):
            seed.wait_until_tried("seed")
        hosts.done.append("fetch")
        return True

    seed: Work
    other = hosts.work(fetch=fetch)
    seed = hosts.work(disk=hosts.job("disk"), seed=hosts.job("seed"), serve=hosts.job("serve"))
    assert wait(other, "fetch")
    assert hosts.done[:2] == ["disk", "seed"]


def test_a_seed_that_failed_before_is_not_waited_for() -> None:
    hosts = Hosts()
    seed = hosts.work(disk=hosts.job("disk", ends=False), seed=hosts.job("seed"))
    with gevent.Timeout(10):
        seed.wait_until_tried("seed")
        seed.wait_until_tried("of another host")
    assert hosts.done == ["disk"]


@pytest.mark.parametrize("ends", [True, False])
def test_rows_have_their_outcome_though_the_end_of_the_work_fails(*, ends: bool) -> None:
    def full(well: bool) -> None:  # noqa: FBT001 - as it is called
        raise OSError(f"no space left: {well}")

    hosts, host = Hosts(), None
    jobs = {"a": hosts.job("a"), "b": hosts.job("b", ends=ends), "c": hosts.job("c")}
    work = Work(host, jobs, hosts.turns, full)  # type: ignore[arg-type]
    assert [wait(work, key) for key in "abc"] == [True, ends, True if ends else None]
