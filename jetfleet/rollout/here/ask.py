"""What the work on a host asks for, a run of pyinfra at a time, and what comes of it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jetfleet.plan.read import host_plan

if TYPE_CHECKING:
    from jetfleet.events.host import HostRun
    from jetfleet.plan.model import HostPlan
    from jetfleet.rollout.here.question import Question

Phase = Literal["plan", "apply", "verify", "read"]


@dataclass(frozen=True)
class Target:
    """What is brought to hosts.

    Parameters
    ----------
    commit:
        Whose spec, lock, deploy and roles count; empty: those of the working tree.
    data:
        Options of the runs, as pyinfra's ``--data``.

    """

    commit: str
    data: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ask:
    """One run. Hosts that ask for the same at the same time share it, unless one is `alone`.

    Parameters
    ----------
    plan:
        Of an apply: what it must keep to.
    question:
        Of a reading: what is read.

    """

    phase: Phase
    target: Target
    plan: HostPlan | None = None
    question: Question | None = None
    alone: bool = False


@dataclass(frozen=True)
class Answer:
    """What came of a run on one host.

    Parameters
    ----------
    whole:
        Whether the host came to its end in it; else the run broke off, as by an exception on
        another host.
    log:
        The last line that pyinfra has printed, where the run broke off.

    """

    run: HostRun
    whole: bool = True
    log: str = ""

    @property
    def plan(self) -> HostPlan:
        """Its plan, after a run with the phase ``plan``."""
        return host_plan(self.run)

    @property
    def rollout(self) -> str:
        """The rollout that the record of the board names; empty if it names none."""
        return self.run.survey.rollout if self.run.survey else ""

    @property
    def written(self) -> dict[str, Any]:
        """The lease's token and the head of the audit log, if the run has changed the board."""
        if self.run.audit is None:
            return {}
        seq, head = self.run.audit
        return {"token": self.run.token, "audit": {"seq": seq, "head": head}}

    @property
    def unreachable(self) -> str:
        """Why it could not be reached; empty if it could be."""
        return self.run.unreachable

    @property
    def touched(self) -> bool:
        """Whether a change has begun on it in this run."""
        return any(one.begun is not None for one in self.run.resources.values())

    @property
    def reason(self) -> str:
        """Why it did not end well."""
        ended = f"pyinfra ended with: {self.log}" if self.log else ""
        return "; ".join(filter(None, (self.run.reason, ended)))


@dataclass(frozen=True)
class Ended:
    """How a host has ended in a task; the outcomes are those of `jetfleet.rollout.events.Done`."""

    outcome: str
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)


Steps = Generator[Ask, Answer, Ended]
"""The work on one host: what it asks for depends on the answers."""
