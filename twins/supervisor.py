"""The one process that owns a fleet of twins: `python -m twins.supervisor STATE-FOLDER`.

It runs as process 1 of its own process namespace, in its own mount namespace. When it ends,
even by SIGKILL, the kernel ends every twin and stand-in and unmounts every overlay.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twins import cgroup, rundir
from twins.container import REBOOT_STATUS, Container
from twins.state import load_plan

if TYPE_CHECKING:
    import socket

    from twins.state import FleetPlan, Standin

_STOP_S = 5.0


class Supervisor:
    """Run a plan until the command `stop`, the end of its owner, or a signal."""

    def __init__(self, plan: FleetPlan, owner: int | None) -> None:
        self.plan = plan
        self.owner = owner  # a pidfd
        self.stopping = False
        self.containers = {twin.name: Container(twin, plan.network) for twin in plan.twins}
        self.standins: dict[str, subprocess.Popen[bytes]] = {}
        self.log = Path(plan.state) / "log"

    def run(self) -> None:
        """Start everything, serve until the end, and clean up."""
        wake = _signals()
        confirming = rundir.listen_confirming(self.plan.number)
        control = rundir.listen(self.plan.number)
        try:
            self._start()
            self._serve(wake, control, confirming)
        finally:
            self._clean_up()

    def _start(self) -> None:
        self.plan.network.up()
        self.log.mkdir(exist_ok=True)
        for standin in self.plan.standins:
            self._start_standin(standin)
        for container in self.containers.values():
            container.prepare()
            container.start()

    def _start_standin(self, standin: Standin) -> None:
        with (self.log / f"{standin.name}.log").open("ab") as log:
            self.standins[standin.name] = subprocess.Popen(
                list(standin.argv),
                env={**os.environ, **standin.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _serve(self, wake: int, control: socket.socket, confirming: socket.socket) -> None:
        poll = select.poll()
        owner = [] if self.owner is None else [self.owner]
        for source in (wake, control.fileno(), confirming.fileno(), *owner):
            poll.register(source, select.POLLIN)
        while not self.stopping:
            for source, _ in poll.poll():
                if source == wake:
                    os.read(wake, 512)
                    self._reap()
                elif source == control.fileno():
                    self._answer(control)
                elif source == confirming.fileno():
                    rundir.confirm(confirming, self.plan.number, self.plan.spec)
                else:
                    self.stopping = True  # the owner is gone

    def _reap(self) -> None:
        """Collect every child that ended; a twin that asked for a reboot starts again."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            for container in self.containers.values():
                if container.process is not None and container.process.pid == pid:
                    self._ended(container, code)
            for standin in self.plan.standins:
                process = self.standins.get(standin.name)
                if process is not None and process.pid == pid:
                    process.returncode = code
                    print(f"stand-in {standin.name} ended: {code}", flush=True)  # noqa: T201

    def _ended(self, container: Container, code: int) -> None:
        if container.process is not None:
            container.process.returncode = code
        container.process = None
        print(f"twin {container.plan.name} ended: {code}", flush=True)  # noqa: T201
        if code == REBOOT_STATUS and container.wanted and not self.stopping:
            container.start()

    def _answer(self, control: socket.socket) -> None:
        with contextlib.suppress(OSError), control.accept()[0] as peer:
            peer.settimeout(_STOP_S)
            try:
                answer = self._do(**json.loads(peer.recv(4096)))
            except (KeyError, TypeError, ValueError, OSError) as error:
                answer = {"error": repr(error)}
            peer.sendall(json.dumps(answer).encode())

    def _do(self, do: str, host: str = "") -> dict[str, object]:
        if do == "stop":
            self.stopping = True
        elif do == "cut":
            self.containers[host].cut_power()
        elif do == "start" and self.containers[host].process is None:
            self.containers[host].start()
        running = {name: one.process is not None for name, one in self.containers.items()}
        return {"running": running, "standins": self._standins_running()}

    def _standins_running(self) -> dict[str, bool]:
        return {name: process.returncode is None for name, process in self.standins.items()}

    def _clean_up(self) -> None:
        self.stopping = True
        for container in self.containers.values():
            container.cut_power()
        for process in self.standins.values():
            if process.returncode is None:
                process.kill()
        for container in self.containers.values():
            self.plan.network.unplug(container.plan.address)
        cgroup.remove(cgroup.fleet_group(self.plan.network.bridge))
        self.plan.network.down()


def _signals() -> int:
    """Return a descriptor that becomes readable when a child ends; SIGTERM raises SystemExit."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    return read


def main() -> None:
    """Run the plan of the state folder given as the first argument.

    A second argument is the number of an inherited pidfd: the fleet ends with that process.
    """
    state = Path(sys.argv[1])
    plan = load_plan(state)
    if plan is None:
        sys.exit(f"{state} holds no plan of a fleet.")
    owner = int(sys.argv[2]) if len(sys.argv) > 2 else None  # noqa: PLR2004
    Supervisor(plan, owner).run()


if __name__ == "__main__":
    main()
