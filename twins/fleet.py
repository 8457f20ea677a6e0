"""A fleet of twins: the interface for the command line and the tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from twins import cgroup, inside, prepare, rundir
from twins.board import board_of
from twins.lifecycle import end, launch, sweep_dead, wait_until
from twins.limits import raise_limits
from twins.overlay import write_overlay
from twins.packages import ensure_packages
from twins.paths import cache_dir, state_dir
from twins.prepare import Ground, make_plan
from twins.ready import Door, wait_all
from twins.state import load_plan

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from twins.board import TwinBoard
    from twins.state import FleetPlan, TwinPlan

_BOOT_S = 120.0


@dataclass(frozen=True)
class TwinInfo:
    """One running or stopped twin."""

    name: str
    address: str
    user: str
    pid: int | None  # of its systemd, in the workstation's namespace; None: it is off
    key: Path
    known_hosts: Path
    nvme: Path  # the image file behind /dev/nvme0n1
    console: Path


class Fleet:
    """The twins of one spec, with their network and stand-ins."""

    def __init__(self, plan: FleetPlan) -> None:
        self.plan = plan
        self.network = plan.network
        self._ground = Ground(Path(plan.state), cache_dir(), plan.number)

    @classmethod
    def up(  # noqa: PLR0913 - each has one meaning, and a default
        cls,
        spec: Path | Sequence[TwinBoard],
        *,
        owner_pid: int | None = None,
        only: Sequence[str] | None = None,
        state: Path | None = None,
        sizes: Mapping[str, int] | None = None,
        suite: str = "",
        flashed: bool = False,
    ) -> Fleet:
        """Boot one twin for each host of a spec (or for each board) and wait for SSH on all.

        The fleet ends by itself with the process `owner_pid`, if one is given. `only` names the
        hosts to boot. `state` is the folder of the fleet's state; boards without a spec need it.
        `sizes` gives models of the stand-in hubs another number of weight bytes, by target. `suite`
        is the release of Debian or Ubuntu of all twins, instead of those of their L4T releases.
        `flashed`: they are boards that were only flashed (`twins/flashed.py`).
        If the fleet is up already, those of its twins that are off are started. Raises FleetError,
        leaving nothing that runs, when the workstation cannot run twins or a twin does not boot.
        """
        _require_root()
        found, path = _boards(spec)
        boards = [
            replace(board, suite=suite or board.suite, flashed=flashed or board.flashed)
            for board in found
        ]
        folder = state or (state_dir(path) if path else None)
        if folder is None:
            raise ValueError("boards without a spec need a state folder")
        if only is not None:
            boards = _chosen(boards, only)
        folder = folder.resolve()
        running = cls._running(folder)
        if running is None:
            ensure_packages()
            return cls._boot(boards, folder, path, owner_pid, sizes)
        for board in boards:
            if running.hosts[running.twin(board.name).name].pid is None:
                running.power_on(board.name)
        return running

    @classmethod
    def _boot(
        cls,
        boards: Sequence[TwinBoard],
        folder: Path,
        path: Path | None,
        owner_pid: int | None,
        sizes: Mapping[str, int] | None,
    ) -> Fleet:
        raise_limits()
        folder.mkdir(parents=True, exist_ok=True)
        with rundir.exclusive():
            sweep_dead()
            if rundir.number_of(folder) is not None:
                raise FleetError("Another process is starting these twins; wait for it.")
            number = rundir.claim(folder)
        ground = Ground(folder, cache_dir(), number)
        try:
            plan = make_plan(boards, ground, path, sizes)
            plan.save(folder)
            fleet = cls(plan)
            alive = launch(plan, owner_pid)
            prepare.wait_standins(ground)
            wait_all([fleet._door(twin) for twin in plan.twins], _BOOT_S, alive)
            fleet._hand_over()
        except BaseException:
            end(folder, keep=True)
            raise
        return fleet

    @classmethod
    def find(cls, spec: Path) -> Fleet | None:
        """Return the fleet of a spec if its supervisor runs, else None."""
        return cls._running(state_dir(spec).resolve())

    @classmethod
    def clear(cls, spec: Path, *, keep: bool = False) -> bool:
        """Stop the fleet of a spec, even if its supervisor was killed.

        Return whether there was one; `keep` as in `down`.
        """
        _require_root()
        return end(state_dir(spec).resolve(), keep=keep)

    @classmethod
    def _running(cls, folder: Path) -> Fleet | None:
        number = rundir.number_of(folder)
        plan = load_plan(folder)
        if number is None or plan is None or rundir.ask(number, "status") is None:
            return None
        return cls(plan)

    def _hand_over(self) -> None:
        for path in (self._ground.login_key, self._ground.known_hosts):
            rundir.give_to_caller(path)
        if self.plan.spec is not None:
            write_overlay(Path(self.plan.spec), self.plan, self._ground)

    def _door(self, twin: TwinPlan) -> Door:
        host_key = (Path(twin.folder) / "ssh_host_ed25519_key.pub").read_text(encoding="ascii")
        key = self._ground.login_key
        return Door(twin.name, twin.address, twin.user, key, host_key, twin.password)

    def down(self, *, keep: bool = False) -> None:
        """Stop every twin and stand-in, and remove everything that `up` made.

        With `keep` the disks, keys and stand-in data stay, for the next `up`.
        """
        end(Path(self.plan.state), keep=keep)

    @property
    def hosts(self) -> dict[str, TwinInfo]:
        """The twins by name, in their present state."""
        return {twin.name: self._info(twin) for twin in self.plan.twins}

    @property
    def registry_ip(self) -> str:
        """The address of the image registry; its port is 443."""
        return self.network.registry

    @property
    def hubs_ip(self) -> str:
        """The address of the model hubs; their port is 443."""
        return self.network.hubs

    def ip(self, host: str) -> str:
        """Return the address of a twin."""
        return self.twin(host).address

    def exec(
        self,
        host: str,
        argv: Sequence[str],
        input: str | None = None,  # noqa: A002
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root in a twin, not over SSH; raises FleetError if the twin is off."""
        pid = inside.leader(self._group(host))
        if pid is None:
            raise FleetError(f"The twin {host} is off; start it with `jetfleet twin up`.")
        return inside.run(pid, argv, input)

    def reboot(self, host: str) -> None:
        """Reboot a twin as `systemctl reboot` does, and wait until it answers again."""
        before = inside.leader(self._group(host))
        self.exec(host, ["systemctl", "--no-block", "reboot"])
        wait_until(lambda: inside.leader(self._group(host)) != before, f"{host} to reboot")
        self.wait_ssh(host)

    def power_cut(self, host: str) -> None:
        """End every process of a twin at once; it stays off."""
        rundir.ask(self.plan.number, "cut", host)
        wait_until(lambda: self._is_off(host), f"{host} to lose its power")

    def _is_off(self, host: str) -> bool:
        answer = rundir.ask(self.plan.number, "status") or {"running": {}}
        return not answer["running"].get(host) and inside.leader(self._group(host)) is None

    def power_on(self, host: str) -> None:
        """Boot a twin that is off and wait until it answers."""
        rundir.ask(self.plan.number, "start", host)
        self.wait_ssh(host)

    def wait_ssh(self, host: str) -> None:
        """Wait until a twin runs a command over SSH."""
        wait_all([self._door(self.twin(host))], _BOOT_S, lambda: None)

    def logs(self, host: str) -> str:
        """Return a twin's console and, while it is on, its journal."""
        info = self._info(self.twin(host))
        console = info.console.read_text(encoding="utf-8", errors="replace")
        if info.pid is None:
            return console
        journal = self.exec(host, ["journalctl", "--no-pager", "--output=short-monotonic"])
        return f"{console}\n{journal.stdout}"

    def _info(self, twin: TwinPlan) -> TwinInfo:
        folder = Path(twin.folder)
        return TwinInfo(
            name=twin.name,
            address=twin.address,
            user=twin.user,
            pid=inside.leader(self._group(twin.name)),
            key=self._ground.login_key,
            known_hosts=self._ground.known_hosts,
            nvme=folder / "nvme0n1.img",
            console=folder / "console.log",
        )

    def twin(self, host: str) -> TwinPlan:
        """Return the plan of one twin; raises FleetError if it has no such host."""
        for twin in self.plan.twins:
            if twin.name == host:
                return twin
        names = ", ".join(twin.name for twin in self.plan.twins)
        raise FleetError(
            f"These twins have no {host}, only {names}; to add one, take them down first with "
            "`jetfleet twin down`."
        )

    def _group(self, host: str) -> Path:
        return cgroup.fleet_group(self.network.bridge) / self.twin(host).name


def _require_root() -> None:
    if os.geteuid() != 0:
        raise FleetError(
            "Twins need root: they are containers with their own disks and network; run the same "
            "command with sudo."
        )


def _boards(spec: Path | Sequence[TwinBoard]) -> tuple[list[TwinBoard], Path | None]:
    if not isinstance(spec, Path):
        return list(spec), None
    from jetfleet.spec.load import load  # noqa: PLC0415  # tests of boards alone need no spec

    return [board_of(host) for host in load(spec).hosts], spec.resolve()


def _chosen(boards: Sequence[TwinBoard], only: Sequence[str]) -> list[TwinBoard]:
    unknown = set(only) - {board.name for board in boards}
    if unknown:
        names = ", ".join(board.name for board in boards)
        raise FleetError(
            f"The spec has no host {', '.join(sorted(unknown))}; its hosts are {names}."
        )
    return [board for board in boards if board.name in only]
