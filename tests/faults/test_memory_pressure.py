"""A board whose memory is taken: the kernel kills the model, and everything else lives."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.lab import Lab, Spec, no_reboot, until
from twins import cgroup

HOST, NAME, PORT = "orin", "app", 8200
LIMIT = 400 << 20
MODEL, OTHER = 120, 330
"""MiB: the model is by far the smaller of the two, and only its score makes it the first."""

SERVER = "; ".join(
    (
        "import http.server",
        f"weights = b'x' * ({MODEL} << 20)",
        f"asked = ('', {PORT}), http.server.SimpleHTTPRequestHandler",
        "http.server.ThreadingHTTPServer(*asked).serve_forever()",
    )
)

# What anything else on a board may do, as an upgrade of packages or a fetch.
GREEDY = f"""
import time
held = []
for _ in range({OTHER} // 10):
    held.append(b"x" * (10 << 20))
    time.sleep(0.05)
time.sleep(5)
open("/run/greedy-ended", "w")
"""

LIVE = ("ssh", "docker", "containerd", "systemd-journald", "jetfleet-cosmos")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A board with a server that takes memory."""

    def app(spec: Spec) -> None:
        no_reboot(spec)
        spec["hosts"][HOST]["services"] = {
            NAME: {
                "runtime": "container",
                "image": "docker.io/dustynv/l4t-pytorch:r36.4.0",
                "entrypoint": "python3",
                "command": ["-c", SERVER],
                "port": PORT,
                "probe": {"path": "/etc/passwd"},
            }
        }

    lab = Lab.up(tmp_path_factory.mktemp("memory"), [HOST], app)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


@pytest.fixture
def little_memory(lab: Lab) -> Iterator[None]:
    """Let all processes of the twin have `LIMIT` together, what they hold already not counted."""
    group = cgroup.fleet_group(lab.fleet.network.bridge) / HOST
    old = Path("/sys/fs/cgroup/memory/jetfleet-pressure")
    if not old.parent.is_dir():
        pytest.skip("this machine has no memory controller of cgroup 1")
    old.mkdir(exist_ok=True)
    (old / "memory.limit_in_bytes").write_text(str(LIMIT))
    for process in cgroup.processes(group):
        with suppress(ProcessLookupError):
            (old / "cgroup.procs").write_text(str(process))
    yield
    until(lambda: ended(old), "all processes to leave the group")


def ended(group: Path) -> bool:
    """Move all processes of a group out of it and remove it; some start meanwhile."""
    for process in (group / "cgroup.procs").read_text().split():
        with suppress(ProcessLookupError):
            (group.parent / "cgroup.procs").write_text(process)
    with suppress(OSError):
        group.rmdir()
    return not group.exists()


class Reached(threading.Thread):
    """Connects to a board's sshd, again and again."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address, self.slowest, self.ended = address, 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            began = time.monotonic()
            with socket.create_connection((self.address, 22), timeout=20) as connection:
                assert connection.recv(4) == b"SSH-"
            self.slowest = max(self.slowest, time.monotonic() - began)


def pids(lab: Lab) -> str:
    return lab.sh(HOST, f"systemctl show -P MainPID {' '.join(LIVE[:4])}")


@pytest.mark.usefixtures("little_memory")
def test_the_model_is_killed_first_and_comes_back(lab: Lab) -> None:
    lab.sh(HOST, f"systemctl restart jetfleet-{NAME}")
    answers = f"curl -sf http://127.0.0.1:{PORT}/etc/passwd"
    until(lambda: lab.holds(HOST, answers), "the server to answer with little memory")
    before, restarts = pids(lab), f"systemctl show -P NRestarts jetfleet-{NAME}"
    assert (
        lab.sh(
            HOST, f"cat /proc/$(docker inspect -f '{{{{.State.Pid}}}}' {NAME})/oom_score_adj"
        ).strip()
        == "500"
    )
    reached = Reached(lab.fleet.ip(HOST))
    reached.start()
    lab.sh(HOST, f"systemd-run --quiet --unit=greedy python3 -c '{GREEDY}'")
    until(lambda: int(lab.sh(HOST, restarts)) > 0, "the model to be killed")
    assert lab.holds(HOST, "test -e /run/greedy-ended"), "the other was not killed"
    until(lambda: lab.holds(HOST, answers), "the service to come back", 120)
    reached.ended.set()
    reached.join()
    assert pids(lab) == before
    assert reached.slowest < 10
