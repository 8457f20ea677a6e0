"""What the pipelines of a fleet must never do: run foreign code where a token or a key is in reach.

Foreign is the code of a pull request: bootstrap.sh, deploys, roles and `jetfleet` itself, which
executes them, also those of older commits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.rollout_rules import AGAIN, github_rollout, gitlab_rollout, shared

Job = Mapping[str, Any]

DATA_PROGRAMS = {"[", "test", "head", "iconv", "gh", "printf", "curl"}
"""Programs that a job with a token may run: they take the review's file as data."""

EVENTS = {"pull_request", "push", "schedule", "workflow_dispatch"}
"""Events by which no code of a stranger gets a secret."""

SHARED_FILES = {"diff.md"}
"""Files that a job may hand on: a plan and rendered files have addresses and settings."""

_PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
_WORD = re.compile(r"(?:^|[|&;`]|\$\(|<\()\s*([^\s|&;`]+)")
_SECRET = re.compile(r"\b(secrets\.|github\.token|GITHUB_TOKEN)")


def _programs(lines: str) -> set[str]:
    """Return the first word of each command in some lines of shell."""
    joined = lines.replace("\\\n", " ")
    return {word for line in joined.splitlines() for word in _WORD.findall(line.strip())}


def _text(value: object) -> str:
    """Return every key and value of a part of a pipeline in one text."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    return str(value)


def github_violations(flow: Mapping[Any, Any]) -> list[str]:
    """Return a sentence for each rule that a workflow breaks."""
    # YAML 1.1 reads the key `on` as true; 1.2 does not.
    events = set(flow.get("on", flow.get(True, {})))
    found = [f"the event {event} is not allowed" for event in events - EVENTS]
    if "concurrency" in flow:
        found.append("the workflow holds a group while an approval or a board is waited for")
    if flow.get("permissions") not in ({"contents": "read"}, {}):
        found.append("the workflow's permissions are more than contents: read")
    if _SECRET.search(_text(flow.get("env", {}))):
        found.append("the workflow's environment has a secret")
    for name, job in flow["jobs"].items():
        found += [f"{name}: {why}" for why in (*_github_job(job), *github_rollout(job))]
    return found


def _github_job(job: Job) -> Iterator[str]:
    for step in job["steps"]:
        yield from _github_step(step)
    uses = [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step]
    lines = "\n".join(step.get("run", "") for step in job["steps"])
    writes = "write" in str(job.get("permissions", ""))
    secret = bool(_SECRET.search(_text(job)))
    only_main = _github_main(str(job.get("if", "")))
    if writes or (secret and not only_main):
        # The one that comments: nothing of the repository may run in it.
        if set(uses) - {"actions/download-artifact"}:
            yield f"it has a token and uses {', '.join(uses)}"
        if foreign := _programs(lines) - DATA_PROGRAMS:
            yield f"it has a token and runs {', '.join(sorted(foreign))}"
    if "secrets." in _text(job) and "environment" not in job:
        yield "it has a secret without an environment that asks for approval"
    if "self-hosted" in str(job["runs-on"]) and not (only_main and "environment" in job):
        yield "it reaches the boards' runner without main and an approval"
    if job.get("environment", "fleet") not in {"fleet", AGAIN}:
        yield "its environment is not one that the head of the file describes"
    if "environment" in job and not only_main:
        yield "a pull request asks for the environment"


def _github_main(condition: str) -> bool:
    """Whether a job runs for main alone: a push and a schedule do; a person can name any branch."""
    events = set(re.findall(r"github\.event_name == '(\w+)'", condition))
    named = "github.ref == 'refs/heads/main' &&" in condition
    asked = "workflow_dispatch" in events and not named
    return bool(events) and events <= EVENTS - {"pull_request"} and not asked


def _github_step(step: Job) -> Iterator[str]:
    uses, options = step.get("uses", ""), step.get("with", {})
    if uses and not _PINNED.fullmatch(uses):
        yield f"{uses} is not pinned by a commit"
    if uses.startswith("actions/checkout@") and options.get("persist-credentials") is not False:
        yield "the checkout leaves the token in .git/config"
    is_upload = uses.startswith("actions/upload-artifact@")
    if is_upload and options["path"] not in SHARED_FILES and not shared(options["path"]):
        yield f"the artifact {options['path']} has internals of the fleet"
    if "${{" in step.get("run", ""):
        yield "an expression is pasted into a script"


def gitlab_violations(flow: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each rule that a GitLab pipeline breaks."""
    found = [f"{key} is for all jobs" for key in ("default", "before_script") if key in flow]
    for name, body in flow.items():
        if isinstance(body, Mapping) and not name.startswith(".") and name != "variables":
            job = gitlab_job(flow, name)
            whys = (*_gitlab_job(job), *gitlab_rollout(job, flow["variables"]))
            found += [f"{name}: {why}" for why in whys]
    return found


def gitlab_job(flow: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a job with the keys of those that it extends, the later ones over the earlier."""
    body = flow[name]
    bases = body.get("extends", [])
    whole: dict[str, Any] = {}
    for base in [bases] if isinstance(bases, str) else bases:
        whole |= gitlab_job(flow, base)
    return {**whole, **body}


def _gitlab_job(job: Job) -> Iterator[str]:
    text, rules = _text(job), job["rules"]
    lines = [*job.get("before_script", ()), *job["script"], *job.get("after_script", ())]
    request = any("merge_request_event" in rule["if"] for rule in rules)
    environment = job.get("environment", {})
    scope = environment if isinstance(environment, str) else environment.get("name")
    if "TOKEN" in text or scope == "comment":
        if job.get("variables", {}).get("GIT_STRATEGY") != "none":
            yield "it has a token and a checkout"
        if foreign := _programs("\n".join(lines)) - DATA_PROGRAMS:
            yield f"it has a token and runs {', '.join(sorted(foreign))}"
    if request and (scope not in {None, "comment"} or "fleet" in job.get("tags", ())):
        yield "a merge request reaches the boards' runner or its environment"
    if "fleet" in job.get("tags", ()) and not _gitlab_approved(rules, scope):
        yield "it reaches the boards' runner without main, a person and the environment"
    if "SSH_KEY" in text and scope != "fleet":
        yield "it has the key of the boards outside of the environment"
    kept = job.get("artifacts", {})
    paths = {*kept.get("paths", ()), *kept.get("reports", {}).values()}
    for path in paths - SHARED_FILES:
        if not shared(path):
            yield f"the artifact {path} has internals of the fleet"


def _gitlab_approved(rules: list[Job], scope: str | None) -> bool:
    main = "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE"
    # The schedule goes on with what was approved; `rollout_rules` holds that it begins nothing.
    allowed = {f'{main} != "schedule"': {"manual", "never"}, f'{main} == "schedule"': {None}}
    asked = all(rule.get("when") in allowed.get(rule["if"], ()) for rule in rules)
    return asked and scope == "fleet"
