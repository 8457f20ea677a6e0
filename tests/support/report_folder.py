"""A run folder with all that a report shows: an apply that went well, badly, and not at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jetfleet.run.folder import About
from tests.support import run_folders as runs

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"><b>&amp;\x1b[31m\x00\u202e"
"""What a board might say to whoever reads its report."""

ASSAULT = f"service:{HOSTILE}"


def row(outcome: str, **more: Any) -> dict[str, Any]:
    return {"outcome": outcome, **more}


def done(key: str, outcome: str, begun: float, reason: str = "", **more: Any) -> dict[str, Any]:
    planned = next(one for one in runs.CHANGES if one["resource"] == key)
    return {**planned, "outcome": outcome, "begun": runs.BEGAN + begun, "reason": reason, **more}


def apply_folder(path: Path) -> Path:
    """Write the folder of an apply: plan of `runs`, then what came of it."""
    folder = runs.folder(path)
    about = asdict(About("apply", "inventory/lab.yaml", "deploys/llm.py", "4f2a+", runs.HOSTS,
                         runs.BEGAN, runs.BEGAN + 421, 3))  # fmt: skip
    (path / "run.json").write_text(json.dumps({"schema": 1, **about}))
    runs.add(path, "orin", [
        {**runs.SURVEY, **runs.hashes("orin")},
        *[row("pause") for _ in range(20)],
        row("progress", resource="image:vllm:1", line="pulling", bytes=[3 * runs.GIB, None]),
        *[row("pause") for _ in range(60)],
        done("image:vllm:1", "changed", 21),
        row("rebooted", resource="power:mode"),
        done("power:mode", "changed", 82),
        row("progress", resource="model:cosmos", line="fetching", bytes=[3 * runs.GIB, None]),
        *[row("pause") for _ in range(200)],
        done("model:cosmos", "changed", 85),
        *[row("pause") for _ in range(90)],
        done("service:cosmos", "changed", 290),
        row("verified", what="cosmos", ok=True, reason=""),
    ], "apply")  # fmt: skip
    runs.add(path, "orin2", [
        {**runs.SURVEY, **runs.hashes("orin2")},
        *[row("pause") for _ in range(40)],
        row("started", resource="model:cosmos", title="Fetch model cosmos"),
        done("model:cosmos", "failed", 30, "the hub said 403 <Forbidden>: ask for access"),
        row("refused", resource=ASSAULT, reason=HOSTILE),
    ], "apply")  # fmt: skip
    (folder.path / "apply.log").write_text(
        "--> Starting\n    [orin] Connected\n    [orin2] Connected\n"
        f"    [orin2] fetching cosmos\n    [orin2] \x1b[31mthe hub said 403 {HOSTILE}\x1b[0m\n"
    )
    return path
