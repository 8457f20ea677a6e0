"""The `jetfleet` command in a process of its own, as a person calls it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from jetfleet.cli import _status

ROOT = Path(__file__).parents[2]
COMMAND = [str(Path(sys.executable).with_name("jetfleet"))]


def run(
    *arguments: str | Path, cwd: Path = ROOT, environ: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run `jetfleet` in the project's root; its output as text."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def call(
    *arguments: str | Path, cwd: Path = ROOT, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same in this process, which spares a second; for commands that only read and write."""
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    words = ["jetfleet", *map(str, arguments)]
    os.chdir(cwd)
    try:
        with (
            mock.patch.object(sys, "argv", words),
            mock.patch.dict(os.environ, environ or {}),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = _status()
    finally:
        os.chdir(before)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())
