"""A run folder with all that a report shows: an apply that went well, badly, and not at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jetfleet.events.event import (
    Changed,
    Completed,
    Event,
    Failed,
    Progress,
    Rebooted,
    Refused,
    Started,
    Verified,
)
from jetfleet.run.folder import About
from tests.support import run_folders as runs

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp;\x1b[31m\x00\u202e"
"""Hostile text that a board could put into a report."""

ASSAULT = f"service:{HOSTILE}"


def ended(kind: type[Changed | Failed], host: str, key: str, begun: float, **more: Any) -> Event:
    """A change that has ended in this way."""
    begin = runs.BEGAN + begun
    return kind(host=host, resource=key, begun=begin, changes=(runs.CHANGES[key],), **more)


def wait(seconds: int) -> list[None]:
    return [None] * seconds


def apply_folder(path: Path) -> Path:
    """Write the folder of an apply: plan of `runs`, then what came of it."""
    folder = runs.folder(path)
    about = asdict(About("apply", "inventory/lab.yaml", "deploys/llm.py", "4f2a+", runs.HOSTS,
                         runs.BEGAN, runs.BEGAN + 421, 4))  # fmt: skip
    (path / "run.json").write_text(json.dumps({"schema": 2, **about}))
    runs.add(path, "orin", [
        runs.surveyed("orin"),
        *wait(20),
        Progress(host="orin", resource="image:vllm:1", line="pulling", bytes=(3 * runs.GIB, None)),
        *wait(60),
        ended(Changed, "orin", "image:vllm:1", 21),
        Rebooted(host="orin", resource="power:mode"),
        ended(Changed, "orin", "power:mode", 82),
        Progress(host="orin", resource="model:cosmos", line="fetch", bytes=(3 * runs.GIB, None)),
        *wait(200),
        ended(Changed, "orin", "model:cosmos", 85),
        *wait(90),
        ended(Changed, "orin", "service:cosmos", 290),
        Completed(host="orin"),
        Verified(host="orin", what="cosmos", ok=True),
    ], "apply")  # fmt: skip
    reason = "the hub said 403 <Forbidden>: ask for access"
    runs.add(path, "orin2", [
        runs.surveyed("orin2"),
        *wait(40),
        Started(host="orin2", resource="model:cosmos"),
        ended(Failed, "orin2", "model:cosmos", 30, reason=reason),
        Refused(host="orin2", resource=ASSAULT, reason=HOSTILE),
    ], "apply")  # fmt: skip
    (folder.path / "apply.log").write_text(
        "--> Starting\n    [orin] Connected\n    [orin2] Connected\n"
        f"    [orin2] fetching cosmos\n    [orin2] \x1b[31mthe hub said 403 {HOSTILE}\x1b[0m\n"
    )
    return path
