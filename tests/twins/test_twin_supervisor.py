"""The supervisor of twins: what ends with it, what is kept, and what it confirms."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from jetfleet import ssh
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused
from jetfleet.workstation.overlay import overlay_path
from jetfleet.workstation.workstation import workstation_of
from tests.support.lab import write_spec
from tests.support.pyinfra import BIN
from tests.support.ssh_server import Key
from tests.twins.twin_traces import FORMAT, NANO, Traces, sh
from twins import cgroup, loop, rundir
from twins.fleet import Fleet
from twins.lifecycle import end, wait_until


def test_nothing_survives_a_killed_supervisor(tmp_path: Path) -> None:
    state = tmp_path / "state"
    fleet = Fleet.up([NANO], state=state)
    traces = Traces(fleet)
    supervisor = rundir.supervisor(fleet.plan.number)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not loop.attached(state), "the loop device to vanish")
    wait_until(lambda: not cgroup.processes(traces.group), "every process to end")
    assert end(state)
    traces.check_gone()


def test_a_fleet_ends_with_its_owner_and_kept_disks_come_back(tmp_path: Path) -> None:
    owner = subprocess.Popen(["sleep", "600"])
    state = tmp_path / "state"
    fleet = Fleet.up([NANO], state=state, owner_pid=owner.pid)
    traces = Traces(fleet)
    sh(fleet, NANO, f"{FORMAT}\necho kept >/mnt/nvme/file; sync")
    key = fleet.hosts[NANO.name].known_hosts.read_text()
    owner.kill()
    owner.wait()
    wait_until(lambda: rundir.supervisor(fleet.plan.number) is None, "the fleet to end")
    assert end(state, keep=True)
    traces.check_gone()
    again = Fleet.up([NANO], state=state, owner_pid=os.getpid())
    sh(again, NANO, "timeout 30 systemctl is-system-running --wait")
    assert sh(again, NANO, "cat /mnt/nvme/file") == "kept"
    assert again.hosts[NANO.name].known_hosts.read_text().split()[-1] == key.split()[-1]
    again.down()


def test_the_command_gives_a_fleet_its_owner(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, ["nano"])
    with subprocess.Popen(["sleep", "600"]) as owner:
        environ = {**os.environ, "JETFLEET_TWINS_OWNER": str(owner.pid)}
        up = [str(BIN / "jetfleet"), "twin", "up", str(spec)]
        try:
            assert subprocess.run(up, env=environ, timeout=300, check=False).returncode == 0
            fleet = Fleet.find(spec)
            assert fleet is not None
            owner.kill()
            owner.wait()
            wait_until(lambda: rundir.supervisor(fleet.plan.number) is None, "the fleet to end")
        finally:
            owner.kill()
            Fleet.clear(spec)
        gone = subprocess.run(up, env=environ, capture_output=True, text=True, check=False)
    assert gone.returncode == 1
    assert f"There is no process {owner.pid} whose end would stop the twins." in gone.stderr
    assert not Fleet.clear(spec)


def test_a_certificate_of_a_real_sshd_is_trusted(tmp_path: Path) -> None:
    fleet = Fleet.up([NANO], state=tmp_path / "state", owner_pid=os.getpid())
    try:
        authority, known = Key.made(tmp_path / "ca"), tmp_path / "known_hosts"
        board = Key(tmp_path / "board")
        place = "/etc/ssh/ssh_host_ed25519_key"
        board.path.with_suffix(".pub").write_text(sh(fleet, NANO, f"cat {place}.pub"))
        for address, trusted in ((fleet.ip(NANO.name), True), ("192.0.2.1", False)):
            signed = board.signed(authority, "-h", "-n", address, "-V", "-1d:+1w").read_text()
            sh(
                fleet, NANO,
                f"echo '{signed.strip()}' >{place}-cert.pub\n"
                f"echo HostCertificate {place}-cert.pub >/etc/ssh/sshd_config.d/certificate.conf\n"
                "systemctl restart ssh",
            )  # fmt: skip
            known.write_text(f"@cert-authority 10.* {authority.public}\n")
            twin = fleet.hosts[NANO.name]
            connection = ssh.connection(twin.user, twin.address, 22, twin.key, known)
            with nullcontext() if trusted else pytest.raises(HostKeyRefused), connection as client:
                assert client.exec_command("echo hello")[1].read() == b"hello\n"
    finally:
        fleet.down()


def test_an_overlay_counts_while_its_supervisor_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    monkeypatch.setenv("SUDO_GID", "65534")
    spec = write_spec(tmp_path, ["nano"])
    fleet = Fleet.up(spec, owner_pid=os.getpid())
    try:
        side = workstation_of(spec)
        assert side.twins
        assert side.hosts["nano"].address == fleet.ip("nano")
        confirming = (rundir.folder(fleet.plan.number) / "confirm").stat()
        assert (confirming.st_uid, confirming.st_mode & 0o777) == (65534, 0o600)
        overlay = overlay_path(spec)
        written = overlay.read_text()
        overlay.write_text(written.replace(fleet.ip("nano"), "192.0.2.1"))
        with pytest.raises(FleetError, match="was changed after their supervisor had written it"):
            workstation_of(spec)
        overlay.write_text(written)
        assert workstation_of(spec).twins
        supervisor = rundir.supervisor(fleet.plan.number)
        assert supervisor is not None
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: rundir.supervisor(fleet.plan.number) is None, "the supervisor to end")
        with pytest.raises(FleetError, match="their supervisor does not answer: end the twins"):
            workstation_of(spec)
    finally:
        Fleet.clear(spec)
    assert not workstation_of(spec).twins
