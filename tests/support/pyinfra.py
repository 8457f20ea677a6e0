"""pyinfra as a subprocess: what a plan of it says, and how an apply of it ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """A run of pyinfra: exit status, its JSON (empty if all hosts failed), what it logged."""

    status: int
    report: Mapping[str, Any]
    log: str


def pyinfra(
    inventory: Path, *arguments: str, environ: Mapping[str, str] | None = None, seconds: int = 900
) -> Ran:
    """Run the real command in the project's root, with ``--json``."""
    done = subprocess.run(
        [str(BIN / "pyinfra"), "--json", str(inventory), *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    report = json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}
    return Ran(done.returncode, report, done.stderr)


def changes_of(inventory: Path, deploy: str, *arguments: str) -> dict[str, list[str]]:
    """Rows of the plan that would change, by host; hosts without any are left out."""
    return changes_in(pyinfra(inventory, deploy, "--dry", *arguments))


def changes_in(ran: Ran) -> dict[str, list[str]]:
    """Rows by host of a ``--dry`` run."""
    assert ran.report, ran.log
    rows: dict[str, list[str]] = {}
    for row in ran.report["plan"]:
        for host in row["hosts_with_change"]:
            rows.setdefault(host, []).append(row["name"])
    return rows


def names(rows: Sequence[str]) -> list[str]:
    """Rows without the role in front."""
    return [row.split(" | ", 1)[1] for row in rows]
