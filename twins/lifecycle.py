"""Start and stop a fleet of twins, and clean up after a supervisor that was killed."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.workstation.overlay import overlay_path
from twins import cgroup, loop, rundir
from twins.network import Network
from twins.state import load_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from twins.state import FleetPlan

_STOP_S = 120.0
_POLL_S = 0.02
# Through util-linux, because Python 3.10 has no unshare of its own.
_UNSHARE = (
    *("unshare", "--mount", "--propagation", "private", "--mount-proc"),
    *("--pid", "--fork", "--kill-child=KILL"),
)
# Files to remove even if the disks are kept; the next `up` writes them again.
_VOLATILE = ("fleet.json", "supervisor.log")


def _descriptor(owner_pid: int) -> int:
    try:
        return os.pidfd_open(owner_pid)
    except ProcessLookupError:
        raise FleetError(
            f"There is no process {owner_pid} whose end would stop the twins."
        ) from None


def launch(plan: FleetPlan, owner_pid: int | None) -> Callable[[], None]:
    """Start the supervisor of a plan and return once the network is there and the twins boot.

    The supervisor outlives this process, unless `owner_pid` is this process. The function that is
    returned raises FleetError, with the last lines of the log, once the supervisor or a twin ended.
    """
    owner = [] if owner_pid is None else [_descriptor(owner_pid)]
    log = Path(plan.state) / "supervisor.log"
    argv = [*_UNSHARE, sys.executable, "-m", "twins.supervisor", plan.state]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*argv, *map(str, owner)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            pass_fds=owner,
        )
    for descriptor in owner:
        os.close(descriptor)

    def alive() -> None:
        if process.poll() is not None:
            words = log.read_text(encoding="utf-8", errors="replace")
            raise FleetError(
                f"The twins' supervisor has ended; the end of its log:\n{words[-2000:]}"
            )
        status = rundir.ask(plan.number, "status") or {"running": {}}
        for twin in plan.twins:
            if not status["running"].get(twin.name, True):
                words = Path(twin.folder, "console.log").read_text("utf-8", errors="replace")
                raise FleetError(
                    f"The twin {twin.name} ended; the end of its console:\n{words[-2000:]}"
                )

    # Without the bridge, a connection to a twin would leave by the workstation's default route.
    def serves() -> bool:
        alive()
        return rundir.ask(plan.number, "status") is not None

    wait_until(serves, "the twins' supervisor to start")
    return alive


def wait_until(done: Callable[[], bool], what: str, timeout_s: float = _STOP_S) -> None:
    """Poll until `done` returns True; raise FleetError, which names `what`, after the timeout."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > deadline:
            raise FleetError(
                f"Waited {timeout_s:.0f} s for {what}, which did not happen; read the consoles "
                "with `jetfleet twin logs`."
            )
        time.sleep(_POLL_S)


def end(state: Path, *, keep: bool = False) -> bool:
    """Stop the fleet with this state folder, of any process; return whether there was one.

    With `keep` the disks, keys and stand-in data stay for the next `up`; without it nothing stays.
    """
    number = rundir.number_of(state)
    plan = load_plan(state)
    found = number is not None or plan is not None
    if number is not None:
        supervisor = rundir.supervisor(number)
        if supervisor is not None:
            _stop(number, supervisor)
        sweep(number, state)
    if plan is not None and plan.spec is not None:
        overlay_path(Path(plan.spec)).unlink(missing_ok=True)
    if keep:
        for name in _VOLATILE:
            (state / name).unlink(missing_ok=True)
    else:
        shutil.rmtree(state, ignore_errors=True)
    return found


def _stop(number: int, supervisor: int) -> None:
    """Ask the supervisor to end; kill it if it does not."""
    try:
        watch = os.pidfd_open(supervisor)
    except ProcessLookupError:
        return
    with os.fdopen(watch):
        rundir.ask(number, "stop")
        if not select.select([watch], [], [], _STOP_S)[0]:
            os.kill(supervisor, signal.SIGKILL)
            select.select([watch], [], [], _STOP_S)


def sweep(number: int, state: Path) -> None:
    """Remove what the kernel still holds of fleet `number`, then release the number.

    Raises FleetError if a disk of the fleet's state folder stays in use.
    """
    network = Network(number)
    cgroup.remove(cgroup.fleet_group(network.bridge))
    # The last unmount, and with it the last write to a disk's image, comes after the last process.
    wait_until(lambda: not loop.attached(state), f"the release of the disks in {state}")
    network.down()
    rundir.release(number)


def sweep_dead() -> None:
    """Clean up after every fleet whose supervisor was killed; its state folder stays."""
    for number, state in rundir.claimed():
        # The order matters: a supervisor listens before its fleet counts as started. In the other
        # order, one that begins to listen between the two checks would be removed.
        if not rundir.is_starting(number) and rundir.supervisor(number) is None:
            sweep(number, state)
