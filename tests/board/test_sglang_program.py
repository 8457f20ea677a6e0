"""The program that starts SGLang in its container: its key is in no argument and in no log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jetfleet.board import program

# As SGLang does: it logs its options, and starts its processes by spawn.
LAUNCH = """\
import logging
import multiprocessing
import sys
import time
from pathlib import Path

from served import worker


def main():
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    logging.info(f"{sys.argv[1:]=}")
    logging.info("server_args=%s after %d s", sys.argv[1:], 2)
    Path("argv").write_text(repr(sys.argv))
    Path("cmdline").write_bytes(Path("/proc/self/cmdline").read_bytes())
    process = multiprocessing.get_context("spawn").Process(target=worker.work, args=(sys.argv,))
    process.start()
    process.join()
    print("printed", sys.argv, {"key": sys.argv[-1]})
    log = logging.getLogger("a handler of its own")
    log.addHandler(logging.FileHandler("file.log"))
    try:
        raise ValueError(f"refused: {sys.argv}")
    except ValueError:
        log.exception("with a traceback")
    if "--break" in sys.argv:
        raise RuntimeError(f"not caught: {sys.argv}")
    if "--wait" in sys.argv:
        print("waits", flush=True)
        time.sleep(60)
"""
WORKER = """\
import logging
import sys


def work(options):
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout, force=True)
    logging.info("child has %s", options)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program and a package that is started by it."""
    (tmp_path / "start.py").write_text(program("start.py", runtime="sglang"))
    package = tmp_path / "served"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "launch.py").write_text(LAUNCH)
    (package / "worker.py").write_text(WORKER)
    (package / "launch_server.py").write_text(
        "from served import launch\n\nif __name__ == '__main__':\n    launch.main()\n"
    )
    return tmp_path


def started(folder: Path, *options: str, key: str = "") -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], **({"SGLANG_API_KEY": key} if key else {})}
    command = [sys.executable, "start.py", "-m", "served.launch_server", *options]
    return subprocess.Popen(
        command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.mark.parametrize("key", ["correct-horse", "-dash", "it's\\n"])
def test_a_key_is_an_option_that_nobody_else_sees(folder: Path, key: str) -> None:
    process = started(folder, "--model-path", "/models/x", key=key)
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert (folder / "argv").read_text() == repr(
        ["served.launch_server", "--model-path", "/models/x", f"--api-key={key}"]
    )
    assert key.encode() not in (folder / "cmdline").read_bytes()
    assert log.count("--api-key=***") == 6, log
    assert "ValueError: refused: ['served" in log
    kept = (folder / "file.log").read_text()
    assert "--api-key=***" in kept
    assert key not in kept
    assert "after 2 s" in log
    assert "child has" in log
    assert key not in log
    assert repr(key)[1:-1] not in log


def test_a_traceback_that_nobody_catches_has_no_key(folder: Path) -> None:
    log, _ = started(folder, "--break", key="it's\\n").communicate(timeout=60)
    assert "RuntimeError: not caught: " in log
    assert "--api-key=***" in log.rpartition("RuntimeError")[2]
    assert "it's" not in log


def test_without_a_key_there_is_no_option(folder: Path) -> None:
    process = started(folder, "--port", "1")
    log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    assert (folder / "argv").read_text() == repr(["served.launch_server", "--port", "1"])


def test_it_ends_by_a_signal_while_it_loads(folder: Path) -> None:
    process = started(folder, "--wait")
    assert process.stdout
    assert any("waits" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 143
    process.stdout.close()


def test_it_needs_a_module(folder: Path) -> None:
    command = [sys.executable, "start.py", "--port", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "write -m MODULE" in done.stderr) == (1, True)
