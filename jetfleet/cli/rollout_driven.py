"""A rollout that is driven from this computer: signals, what is shown, and the background."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import interrupted
from jetfleet.cli.rollout_options import show
from jetfleet.rollout import drive
from jetfleet.rollout.controller import Controller
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.fold import fold
from jetfleet.rollout.here.boards import rollouts_folder
from jetfleet.rollout.here.retention import remove_old
from jetfleet.rollout.show import status_lines
from jetfleet.run.interrupt import Interrupt, interrupts
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from jetfleet.rollout.boards import Boards
    from jetfleet.rollout.plan_file import PlanFile
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State
    from jetfleet.rollout.store import Store
    from jetfleet.rollout.waits import Kind

_NOT_FOR: frozenset[Kind] = frozenset({"person", "window", "soak"})
"""What a job does not stay for: it would hold its runner, and others of its group, for hours."""


@dataclass
class Driven:
    """How a rollout is driven from here.

    Parameters
    ----------
    seconds:
        After which nothing new is begun; None: there is no such time.
    spec:
        The spec on this computer, if it is not where the plan was made.

    """

    no_wait: bool
    seconds: int | None
    spec: Path | None
    as_json: bool

    def boards(self, plan: PlanFile) -> Boards:
        """Return the boards; raise `FleetError` if they cannot be driven from here."""
        return drive.boards_of(plan, self.spec or Path(plan.rollout.fleet))

    def run(self, kept: Store, plan: PlanFile) -> int:
        """Drive it, show it meanwhile, and return the exit code."""
        leave: frozenset[Kind] = _NOT_FOR if self.no_wait else frozenset({"person"})
        shown = Shown(plan.rollout, to_error=self.as_json, seconds=self.seconds)
        boards = self.boards(plan)
        remove_old(kept, rollouts_folder(), time.time())
        driven = Controller(kept, plan.rollout, boards, who(), leave_at=leave, turned=shown)
        with interrupts(Drains(driven)) as interrupt:
            status: int = driven.run()
        if self.as_json:
            show(driven.state, plan.rollout, as_json=True)
        if driven.state.ended:
            self._take_out(driven.state, plan)
            return status
        echo(f"not over: `jetfleet rollout resume {plan.rollout.id}` goes on", err=True)
        return interrupted(interrupt.number) if interrupt.number else status

    def _take_out(self, state: State, plan: PlanFile) -> None:
        commit = plan.rollout.commit[:12]
        if state.ended in {"halted", "not-back"} and commit:
            echo(
                f"{commit} is blocked: take it out of the branch with `git revert {commit}` (a "
                "merge needs -m 1), or begin it again with --again and the reason",
                err=True,
            )

    def detached(self, kept: Store, plan: PlanFile) -> int:
        """Have a process of its own session drive it; return the exit code of one that goes on."""
        log = kept.path.with_name(f"{plan.rollout.id}.log")
        command = [sys.executable, "-c", "from jetfleet.cli import main; main()"]
        command += ["rollout", "resume", plan.rollout.id]
        command += ["--store", str(kept.path.absolute())]
        command += ["--spec", str(self.spec.absolute())] if self.spec else []
        command += ["--no-wait"] if self.no_wait else []
        command += ["--for", f"{self.seconds}s"] if self.seconds else []
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(descriptor)
        echo(f"{plan.rollout.id} is driven in the background; its output is in {log}", err=True)
        if self.as_json:
            show(state_of(kept, plan.rollout), plan.rollout, as_json=True)
        return RolloutExit.NOT_OVER


class Drains(Interrupt):
    """The first signal begins nothing new, the second leaves; both keep the rollout."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller = controller

    def __call__(self, number: int, frame: object) -> None:
        """Pass a signal on to the controller."""
        super().__call__(number, frame)
        self.controller.drain()
        if self.at_once:
            self.controller.leave()


@dataclass
class Shown:
    """Shows a rollout whenever it stands otherwise, and ends its time."""

    rollout: Rollout
    to_error: bool
    seconds: int | None
    text: str = ""
    drains: bool = False
    began: float = field(default_factory=time.monotonic)

    def __call__(self, controller: Controller) -> None:
        """Print what has changed; called at each turn of the controller."""
        if self.seconds is not None and time.monotonic() - self.began >= self.seconds:
            controller.drain()
        text = "\n".join(status_lines(controller.state, self.rollout, time.time()))
        if text != self.text:
            echo(text, err=self.to_error)
        self.text = text
        if controller.draining and not self.drains:
            self.drains = True
            echo("nothing new is begun; it ends once no host is in work, Ctrl-C at once", err=True)


def state_of(kept: Store, rollout: Rollout) -> State:
    """Return how a rollout stands now."""
    return fold(rollout, (event for _, event in kept.events(rollout.id)))
