"""Rows of pyinfra that only report: the first of a deploy begins the work of every host."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from pyinfra.api.command import FunctionCommand
from pyinfra.api.operation import operation
from pyinfra.api.state import BaseStateCallback
from pyinfra.context import ctx_host, ctx_state, host, state

from jetfleet.converge.pyinfra_operations import mark_own
from jetfleet.converge.work import Work, turns
from jetfleet.events.event import Completed
from jetfleet.events.write import log_event

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.converge.work import Job

    Begin = Callable[[State, Host], Work]
    Question = Callable[[State, Host], bool]

_BEGIN: dict[str, Begin] = {}
"""By operation."""


class BeginWork(BaseStateCallback):
    """Begin the work of all hosts at the first row of a deploy that pyinfra carries out.

    pyinfra goes host by host with ``--serial``, and says nothing of rows then.
    """

    @staticmethod
    def operation_start(state: State, op_hash: str) -> None:
        """Begin it if the row is one of ours."""
        if op_hash in _BEGIN:
            for host in list(state.inventory.get_active_hosts()):
                _BEGIN[op_hash](state, host)


class FailHosts(BaseStateCallback):
    """Fail a host as soon as an operation has failed on it.

    pyinfra does so itself, after the row, but not with ``--no-wait``: its exit code is 0 then.
    """

    @staticmethod
    def operation_host_error(
        state: State, host: Host, op_hash: str, retry_count: int = 0, max_retries: int = 0
    ) -> None:
        """Note it, unless errors of this operation are ignored."""
        del retry_count, max_retries
        if not state.get_op_data_for_host(host, op_hash).global_arguments["_ignore_errors"]:
            state.failed_hosts.add(host)


def begin_work(state: State) -> None:
    """Have the work of all hosts begun at its first row; once, however often it is called."""
    for handler in (BeginWork, FailHosts):
        if not any(isinstance(one, handler) for one in state.callback_handlers):
            state.add_callback_handler(handler())


def mark_row(host: Host, begin: Begin) -> None:
    """Mark the operation that was added last as a row that only reports.

    Parameters
    ----------
    begin:
        Returns the work of a host, which begins at the first call. A row may be the first of
        several hosts, so it is the same for all of them.

    """
    _BEGIN[host.op_hash_order[-1]] = begin


class Questions:
    """What a deploy asks boards, which changes none: each host is asked at its own pace."""

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Job]] = defaultdict(dict)
        self._work: dict[str, Work] = {}

    def add(self, name: str, key: str, question: Question) -> None:
        """Add a question to the host that pyinfra is at, and its row to the plan.

        Parameters
        ----------
        question:
            Returns whether the answer is good: the host fails at one that is not, and is asked
            nothing more.

        """
        self._jobs[host.name][key] = partial(question, ctx_state.get(), ctx_host.get())
        begin_work(state)
        ask(name=name, questions=self, key=key)
        mark_own(host)
        mark_row(host, self.begin)

    def begin(self, state: State, host: Host) -> Work:
        """Return the work of a host, which begins at the first call."""
        if host.name not in self._work:
            jobs = self._jobs[host.name]
            self._work[host.name] = Work(host, jobs, turns(state), partial(_answered, host))
        return self._work[host.name]


def _answered(host: Host, well: bool) -> None:  # noqa: FBT001 - the form of `Work`
    if well:
        log_event(Completed(host=host.name))


@operation(is_idempotent=False, idempotent_notice="It only asks; it changes nothing.")
def ask(questions: Questions, key: str) -> Generator[FunctionCommand, None, None]:
    """Ask this host, and fail it if the answer is not good.

    + questions: those of the deploy
    + key: the one of this row
    """
    yield FunctionCommand(_asked, (questions, key), {})


def _asked(state: State, host: Host, questions: Questions, key: str) -> bool:
    return bool(questions.begin(state, host).wait(key))
