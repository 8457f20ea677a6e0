"""What `jetfleet diff` finds in a repository, and edits of its spec."""

from __future__ import annotations

from typing import Any

from jetfleet.diff import ask
from tests.support.repository import Repository


def answer(fleet: Repository, *words: str) -> Any:
    """What the command would print as JSON; asked in this process, which is quicker."""
    return ask(fleet.spec, *(words or ("HEAD",)), fleet.root / "deploys/llm.py").values()


def changes(fleet: Repository, *words: str) -> dict[str, set[tuple[str, str]]]:
    """Resource and attribute of every change, by host; without hosts on which nothing changes."""
    return {
        host: {(row["resource"], row["attribute"]) for row in group["changes"]}
        for group in answer(fleet, *words)["groups"]
        for host in group["hosts"]
        if group["kind"] != "same"
    }


def flag(spec: Any) -> None:
    spec["groups"]["ample-memory"]["services"]["cosmos"]["flags"]["max-model-len"] = 4096


def board_mode(spec: Any) -> None:
    spec["boards"]["agx-orin"]["power"]["mode"] = "MODE_30W"


def address(spec: Any) -> None:
    spec["hosts"]["nano"]["address"] = "192.0.2.99"
