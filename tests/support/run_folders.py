"""A run folder as runs on twins leave it: five hosts, and every state that one can be in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jetfleet.plan.model import Plan, Waived
from jetfleet.plan.read import read_plan
from jetfleet.run.folder import About, Folder

HOSTS = ("orin", "orin2", "thor", "nano", "far")
BEGAN = 1795000000.0

SURVEY = {"outcome": "surveyed", "applied": "4f2a", "free": 900 * 2**30}
RESOURCES = [
    {"resource": "power:mode", "title": "Set the power mode", "role": "power"},
    {"resource": "image:vllm:1", "title": "Pull vllm:1", "role": "images"},
    {"resource": "model:cosmos", "title": "Fetch model cosmos", "role": "models"},
    {"resource": "file:/etc/a|b", "title": "Write /etc/a|b", "role": "serving"},
    {"resource": "service:cosmos", "title": "Serve cosmos", "role": "serving"},
]


def changed(
    key: str, attribute: str, have: str, want: str, sentence: str, **more: Any
) -> dict[str, Any]:
    about = next(one for one in RESOURCES if one["resource"] == key)
    return {
        **about, "outcome": "planned", "reason": "", "cause": "spec", "attribute": attribute,
        "have": have, "want": want, "sentence": sentence, **more,
    }  # fmt: skip


def cost(key: str, **more: Any) -> dict[str, Any]:
    nothing = {"internet": 0, "lan": 0, "peak": 0, "final": 0, "restarts": [], "reboot": ""}
    return {
        "outcome": "expected", "resource": key, **nothing, "mount": "", "waits_for": "", **more,
    }  # fmt: skip


GIB = 2**30
CHANGES = [
    changed("power:mode", "mode", "30W", "MAXN", "the power mode is 30W; MAXN needs a reboot"),
    cost("power:mode", reboot="power mode MAXN"),
    changed("image:vllm:1", "digest", "absent", "sha256:0123", "image vllm:1 is not on the board"),
    cost("image:vllm:1", internet=8 * GIB, peak=24 * GIB, final=16 * GIB, mount="/mnt/nvme"),
    changed("model:cosmos", "files", "absent", "9 files, 3.0 GiB", "model cosmos is not there"),
    cost("model:cosmos", lan=3 * GIB, peak=3 * GIB, final=3 * GIB, mount="/mnt/nvme"),
    changed("file:/etc/a|b", "content", "`*`", "0123", "/etc/a|b has other content", cause="board",
            diff=["x: 1\n", "x: 2\n"]),
    cost("file:/etc/a|b"),
    changed("service:cosmos", "started-with", "aaaa", "bbbb", "cosmos was started with other"),
    cost("service:cosmos", restarts=["cosmos"]),
]  # fmt: skip


def hashes(host: str) -> dict[str, Any]:
    return {
        "survey": f"{host}-survey", "desired": f"{host}-desired", "resources": RESOURCES,
        "ready_seconds": {"cosmos": 61.5},
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "orin": [{**SURVEY, **hashes("orin")}, *CHANGES, {"outcome": "compared"}],
    "orin2": [{**SURVEY, **hashes("orin2")}, *CHANGES, {"outcome": "compared"}],
    "thor": [{**SURVEY, **hashes("thor")}, {"outcome": "compared"}],
    "nano": [
        {**SURVEY, **hashes("nano"), "free": None, "ready_seconds": {}},
        {"outcome": "refused", "resource": "board:release", "reason": "the board runs L4T 36.3.0"},
    ],
    "far": [{"outcome": "unreachable", "reason": "Could not connect \x1b[31m(timed out)"}],
}


def folder(path: Path, command: str = "plan", phase: str = "plan") -> Folder:
    """Write these rows into a folder, as of this phase."""
    path.mkdir(parents=True, exist_ok=True)
    for host, rows in ROWS.items():
        add(path, host, rows, phase)
    about = About(command, "inventory/lab.yaml", "deploys/llm.py", "4f2a+", HOSTS, BEGAN)
    return Folder(path, about)


def add(path: Path, host: str, rows: list[dict[str, Any]], phase: str) -> None:
    """Append rows to a host's file, a second apart."""
    with (path / f"{host}.jsonl").open("a", encoding="utf-8") as lines:
        for second, row in enumerate(rows):
            about = {"at": BEGAN + second, "host": host, "phase": phase}
            lines.write(json.dumps({**about, **row}) + "\n")


def plan(path: Path, command: str = "plan") -> Plan:
    """The plan of that folder, with a rule that thor waives."""
    waived = {"thor": [Waived(rule="R1", reason="tried *it*", where="services.cosmos")]}
    return read_plan(folder(path, command), ("reboot=allow",), waived, {"orin": {"cosmos": GIB}})


def _done(key: str, seconds: float, *attributes: str, **more: Any) -> list[dict[str, Any]]:
    about = next(one for one in RESOURCES if one["resource"] == key)
    nothing = {"resource": key, "outcome": "changed", "reason": "", "have": "a", "want": "b"}
    return [
        {"outcome": "started", "resource": key, "title": about["title"]},
        *(
            {**nothing, "attribute": name, "sentence": "", "begun": BEGAN, "at": BEGAN + seconds}
            | more
            for name in attributes
        ),
    ]


APPLIED: dict[str, list[dict[str, Any]]] = {
    "orin": [
        {**SURVEY, **hashes("orin")},
        *_done("power:mode", 62.0, "mode"),
        {"outcome": "rebooted", "resource": "power:mode"},
        cost("model:cosmos"),
        *_done("model:cosmos", 125.25, "files"),
        *_done("service:cosmos", 61.5, "started-with", "enabled"),
    ],
    "orin2": [
        {**SURVEY, **hashes("orin2")},
        cost("power:mode", reboot="power mode MAXN", waits_for="reboot"),
        {"outcome": "started", "resource": "model:cosmos", "title": "Fetch model cosmos"},
        {"outcome": "progress", "resource": "model:cosmos", "line": "cosmos", "bytes": [1, 4]},
    ],
    "thor": [
        {**SURVEY, **hashes("thor")},
        *_done("file:/etc/a|b", 0.2, "content", outcome="failed", reason="no \x1b[1mroom"),
        {"outcome": "refused", "resource": "file:/etc/a|b", "reason": "no \x1b[1mroom"},
    ],
    "nano": [{"outcome": "refused", "resource": "board:release", "reason": "it is no longer so"}],
    "far": [{"outcome": "unreachable", "reason": "Could not connect"}],
}
VERIFIED: dict[str, list[dict[str, Any]]] = {
    "orin": [
        {"outcome": "verified", "what": "models", "ok": True, "reason": ""},
        {"outcome": "verified", "what": "cosmos", "ok": False, "reason": "no answer in 5 s"},
    ]
}


def applied(path: Path) -> Folder:
    """A folder of an apply, with its three phases."""
    made = folder(path, "apply")
    made.log("apply").write_text("--> Results:\n", encoding="utf-8")
    for phase, of in (("apply", APPLIED), ("verify", VERIFIED)):
        for host, rows in of.items():
            add(path, host, rows, phase)
    return made
