"""A farm that is up: its spec in a folder, and the process that serves it."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.farm.spec import EACH, ROOT, write_farm
from bench.farm.starts import IN_SYNC, Starts


@contextmanager
def farm(hosts: int, kinds: int = 1, each: int = EACH, starts: Starts = IN_SYNC) -> Iterator[Path]:
    """Yield the inventory of a farm while its boards answer; end them.

    For `kinds` and `each` see `write_farm`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        inventory = write_farm(Path(scratch), hosts, kinds, each)
        starts.save(Path(scratch))
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.farm.server", scratch],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=_raise_limit,  # noqa: PLW1509 - this process has no other thread yet
        )
        with server:
            try:
                if server.stdout is None or server.stdout.readline() != "listens\n":
                    sys.exit("the farm did not start")
                yield inventory
            finally:
                server.kill()


def _raise_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
