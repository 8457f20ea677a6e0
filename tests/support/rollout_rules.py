"""What the pipelines of a fleet must hold so that a rollout needs no job that stays for it.

A job that waits holds its runner, and the group that it is in: what is queued behind it is late, or
silently cancelled. A job that is ended must not end what is in work on a board.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Job = Mapping[str, Any]

YELLOW = {3, 5}
"""Codes of a rollout that are no failure of the job: incomplete, and not over."""

AGAIN = "fleet-again"
"""GitHub's environment with the key, and without reviewers."""

_RUNS = re.compile(r"\bjetfleet ([a-z-]+(?: [a-z-]+)?)")
_ON_SCHEDULE = {"rollout resume", "rollout status"}
_ARTIFACTS = {"rollout.xml", "rollout.html", "${{ runner.temp }}/rollout.*"}


def is_driving(lines: str) -> bool:
    """Whether some lines of shell begin a rollout, or go on with one."""
    return re.search(r"\b(rollout|drive) (start|resume)\b", lines) is not None


def shared(path: str) -> bool:
    """Whether a file of a rollout may be handed on: its page and its report name hosts alone."""
    return path in _ARTIFACTS


def _of_lines(lines: str) -> Iterator[str]:
    if re.search(r"ssh-agent -s(?! -t \d)", lines):
        yield "an agent whose job is killed keeps the key for ever"
    if not is_driving(lines):
        return
    if "--no-wait" not in lines or "--for " not in lines:
        yield "it stays for a soak, a window, or the whole rollout"
    if "--detach" in lines:
        yield "the runner ends at the end of the job what it detaches"
    if "--store" not in lines or "~/jetfleet-rollouts/" not in lines:
        yield "the next job does not find its rollout"


def _of_schedule(lines: str) -> Iterator[str]:
    others = set(_RUNS.findall(lines)) - _ON_SCHEDULE
    if others:
        yield f"it begins something without an approval: {', '.join(sorted(others))}"
    if is_driving(lines) and "--scheduled" not in lines:
        yield "it ends the pause that a person has set"


def github_rollout(job: Job) -> Iterator[str]:
    """Yield a sentence for each rule that a job of a workflow breaks."""
    lines = "\n".join(step.get("run", "") for step in job["steps"])
    yield from _of_lines(lines)
    if "concurrency" in job:
        yield "it holds a group while an approval or a board is waited for"
    if "self-hosted" not in str(job["runs-on"]):
        return
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            yield from _checkout(step["with"])
    if is_driving(lines):
        cleared = lines.find("export RUNNER_TRACKING_ID=\n")
        if not 0 <= cleared < lines.find("ssh-agent"):
            yield "the end of the job kills what is in work on a board"
    scheduled = "'schedule'" in str(job.get("if", ""))
    if scheduled:
        yield from _of_schedule(lines)
    if scheduled != (job.get("environment") == AGAIN):
        yield f"the schedule, and nothing else, takes the environment {AGAIN}"


def _checkout(options: Job) -> Iterator[str]:
    if options.get("clean") is not False:
        yield "its checkout removes .venv under what is in work on a board"
    # All jobs have one clone there: a shallow checkout would cut it for the others.
    if options.get("fetch-depth") != 0:
        yield "its checkout has no commit that leads back"


def gitlab_rollout(job: Job, variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each rule that a job of a pipeline breaks."""
    lines = "\n".join([*job.get("before_script", ()), *job["script"]])
    yield from _of_lines(lines)
    if "resource_group" in job:
        yield "it holds a group while a soak or a board is waited for"
    if "fleet" not in job.get("tags", ()):
        return
    own = {**variables, **job.get("variables", {})}
    if "-e .venv" not in str(own.get("GIT_CLEAN_FLAGS")):
        yield "its checkout removes .venv under what is in work on a board"
    if own.get("GIT_DEPTH") != 0:
        yield "its checkout has no commit that leads back"
    if any('== "schedule"' in rule["if"] for rule in job["rules"]):
        yield from _of_schedule(lines)
    if not is_driving(lines):
        return
    allowed = job.get("allow_failure", {})
    codes = set(allowed["exit_codes"]) if isinstance(allowed, Mapping) and allowed else set()
    if YELLOW - codes or codes - {*YELLOW, 8}:
        yield f"it is yellow for {sorted(codes)}"
