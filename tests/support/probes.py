"""Runs of the probe here, as a board would run it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from jetfleet.rollout.gates.probe import Ask, probe_script, read_probe
from jetfleet.rollout.gates.probed import Probe
from jetfleet.runtimes.benchmark import Benchmark
from tests.support.board_python import board_path

NVPMODEL = "#!/bin/sh\necho 'NV Power Mode: MAXN'\n"


def run(url: str, folder: Path, ask: Ask | None = None, **more: Any) -> tuple[Probe, str]:
    """Return what a probe of a server measured, and all that the script printed."""
    given = {"service": "s", "model": "m", "container": False, **more}
    script = probe_script(Benchmark(url=url, **given), ask or Ask(seconds=20, wait=1))
    script = script.replace("/etc/jetfleet", str(folder))
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "nvpmodel").write_text(NVPMODEL)
    (programs / "nvpmodel").chmod(0o755)
    done = subprocess.run(
        ["sh", "-s"], input=script, env={"PATH": board_path(str(programs))}, cwd=folder,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return read_probe(done.stdout), done.stdout + done.stderr
