"""The pipelines of docs/ci run no foreign code where a token or a key is in reach."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.pipeline_rules import github_violations, gitlab_violations
from tests.support.pipelines import GITHUB, GITLAB

Edit = Callable[[dict[str, Any]], object]


def flow(path: Any) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(path))


def test_the_pipelines_keep_all_rules() -> None:
    assert github_violations(flow(GITHUB)) == []
    assert gitlab_violations(flow(GITLAB)) == []


def test_each_pinned_action_names_its_release() -> None:
    uses = [line for line in GITHUB.read_text().splitlines() if "uses:" in line]
    assert len(uses) > 5
    for line in uses:
        assert re.search(r"@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line
    assert len({line.split("uses: ")[1] for line in uses}) == 3, "one commit for each action"


def step(job: str, place: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda flow: flow["jobs"][job]["steps"][place]


def drive(flow: dict[str, Any], job: str, *edits: str) -> None:
    """Replace texts in the step that drives a rollout."""
    found = step(job, 2)(flow)
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert old in found["run"]
        found["run"] = found["run"].replace(old, new)


def line(flow: dict[str, Any], job: str, old: str, new: str) -> None:
    """Replace a text in the lines of a job of GitLab."""
    lines = flow[job]["script"]
    assert any(old in one for one in lines)
    flow[job]["script"] = [one.replace(old, new) for one in lines]


CHECKOUT = {"uses": f"actions/checkout@{'0' * 40}", "with": {"persist-credentials": False}}
PLANTED: dict[str, tuple[Edit, str]] = {
    "a token for the review": (
        lambda flow: flow["jobs"]["review"]["permissions"].update({"pull-requests": "write"}),
        "review: it has a token and uses actions/checkout, actions/upload-artifact",
    ),
    "a token in a step of the review": (
        lambda flow: step("review", 3)(flow).update(env={"GH_TOKEN": "${{ github.token }}"}),
        "review: it has a token and runs .*jetfleet",
    ),
    "a checkout beside the token": (
        lambda flow: flow["jobs"]["comment"]["steps"].insert(0, CHECKOUT),
        "comment: it has a token and uses actions/checkout",
    ),
    "a program of the repository beside the token": (
        lambda flow: step("comment", 1)(flow).update(run="head -c 9 x | ./post.sh"),
        r"comment: it has a token and runs \./post\.sh",
    ),
    "a program in a substitution beside the token": (
        lambda flow: step("comment", 1)(flow).update(run="gh pr comment $(./number.sh)"),
        r"comment: it has a token and runs \./number\.sh",
    ),
    "a credential left in the checkout": (
        lambda flow: step("twins", 0)(flow)["with"].pop("persist-credentials"),
        "twins: the checkout leaves the token",
    ),
    "permissions for all jobs": (
        lambda flow: flow.update(permissions="write-all"),
        "the workflow's permissions are more",
    ),
    "permissions by default": (
        lambda flow: flow.pop("permissions"),
        "the workflow's permissions are more",
    ),
    "an event with the secrets of the base": (
        lambda flow: flow["on"].update(pull_request_target=None),
        "the event pull_request_target is not allowed",
    ),
    "a plan before the approval": (
        lambda flow: flow["jobs"]["plan"].pop("environment"),
        "plan: it reaches the boards' runner without main and an approval",
    ),
    "a pull request on the boards' runner": (
        lambda flow: flow["jobs"]["review"].update({"runs-on": ["self-hosted", "fleet"]}),
        "review: it reaches the boards' runner",
    ),
    "a secret for a pull request": (
        lambda flow: step("twins", 3)(flow).update(env={"KEY": "${{ secrets.FLEET_SSH_KEY }}"}),
        "twins: it has a secret without an environment",
    ),
    "an action by its tag": (
        lambda flow: step("plan", 0)(flow).update(uses="actions/checkout@v4"),
        "plan: actions/checkout@v4 is not pinned",
    ),
    "an artifact with internals": (
        lambda flow: step("review", 5)(flow)["with"].update(path="rendered"),
        "review: the artifact rendered has internals",
    ),
    "a group for an approval": (
        lambda flow: flow["jobs"]["rollout"].update(concurrency="fleet"),
        "rollout: it holds a group",
    ),
    "a group for all jobs": (
        lambda flow: flow.update(concurrency="fleet"),
        "the workflow holds a group",
    ),
    "a job that stays for a soak": (
        lambda flow: drive(flow, "rollout", " --no-wait", ""),
        "rollout: it stays for a soak",
    ),
    "a job that stays for the whole rollout": (
        lambda flow: drive(flow, "again", " --for 50m", ""),
        "again: it stays for a soak",
    ),
    "a rollout in the background": (
        lambda flow: drive(flow, "rollout", "--no-wait", "--no-wait --detach"),
        "rollout: the runner ends",
    ),
    "a rollout that the next job does not find": (
        lambda flow: drive(flow, "rollout", "~/jetfleet-rollouts", '"$RUNNER_TEMP"'),
        "rollout: the next job does not find",
    ),
    "a clean-up that ends a change": (
        lambda flow: drive(flow, "again", "export RUNNER_TRACKING_ID=\n", ""),
        "again: the end of the job kills",
    ),
    "an agent that is ended before what needs it": (
        lambda flow: drive(
            flow,
            "rollout",
            "export RUNNER_TRACKING_ID=\n",
            "",
            "status=0\n",
            "export RUNNER_TRACKING_ID=\nstatus=0\n",
        ),
        "rollout: the end of the job kills",
    ),
    "an agent that stays": (
        lambda flow: drive(flow, "again", "ssh-agent -s -t 3h", "ssh-agent -s"),
        "again: an agent whose job is killed",
    ),
    "a checkout that removes what runs": (
        lambda flow: step("apply", 0)(flow)["with"].pop("clean"),
        r"apply: its checkout removes \.venv",
    ),
    "a checkout with no way back": (
        lambda flow: step("again", 0)(flow)["with"].pop("fetch-depth"),
        "again: its checkout has no commit",
    ),
    "a schedule that begins something": (
        lambda flow: drive(flow, "again", "rollout resume --scheduled", "apply -y"),
        "again: it begins something without an approval: apply",
    ),
    "a schedule that ends a pause": (
        lambda flow: drive(flow, "again", "--scheduled", '"$ID"'),
        "again: it ends the pause",
    ),
    "a push without a reviewer": (
        lambda flow: flow["jobs"]["rollout"].update(environment="fleet-again"),
        "rollout: the schedule, and nothing else",
    ),
    "a schedule that waits for a reviewer": (
        lambda flow: flow["jobs"]["again"].update(environment="fleet"),
        "again: the schedule, and nothing else",
    ),
    "an environment of its own": (
        lambda flow: flow["jobs"]["rollout"].update(environment="other"),
        "rollout: its environment is not one",
    ),
    "a word from any branch": (
        lambda flow: flow["jobs"]["rollout"].update(
            {"if": "github.event_name == 'workflow_dispatch'"}
        ),
        "rollout: it reaches the boards' runner without main",
    ),
    "a title pasted into a script": (
        lambda flow: step("review", 2)(flow).update(run="echo ${{ github.head_ref }}"),
        "review: an expression is pasted",
    ),
}
PLANTED_GITLAB: dict[str, tuple[Edit, str]] = {
    "a token for the review": (
        lambda flow: flow["review"]["script"].append('curl --header "PRIVATE-TOKEN: $FLEET_TOKEN"'),
        "review: it has a token and a checkout",
    ),
    "a checkout beside the token": (
        lambda flow: flow["comment"].pop("variables"),
        "comment: it has a token and a checkout",
    ),
    "a program of the repository beside the token": (
        lambda flow: flow["comment"].update(extends=[".jetfleet", ".request"]),
        "comment: it has a token and runs .*sh",
    ),
    "the boards' environment for a merge request": (
        lambda flow: flow["twins"].update(environment="fleet"),
        "twins: a merge request reaches",
    ),
    "the boards' runner for a merge request": (
        lambda flow: flow["review"].update(tags=["fleet"]),
        "review: a merge request reaches",
    ),
    "a plan that nobody allows": (
        lambda flow: flow["plan"].update(rules=[{"if": "$CI_COMMIT_BRANCH"}]),
        "plan: it reaches the boards' runner without main",
    ),
    "a plan outside of the environment": (
        lambda flow: flow["plan"].pop("environment"),
        "plan: it has the key of the boards outside",
    ),
    "an artifact with internals": (
        lambda flow: flow["plan"].update(artifacts={"paths": ["plan.json"]}),
        "plan: the artifact plan.json has internals",
    ),
    "a group": (
        lambda flow: flow["rollout"].update(resource_group="fleet"),
        "rollout: it holds a group",
    ),
    "a job that stays for a soak": (
        lambda flow: line(flow, "again", " --no-wait", ""),
        "again: it stays for a soak",
    ),
    "a rollout in the background": (
        lambda flow: line(flow, "rollout", "--no-wait", "--no-wait --detach"),
        "rollout: the runner ends",
    ),
    "a checkout that removes what runs": (
        lambda flow: flow[".main"].pop("variables"),
        r"apply: its checkout removes \.venv",
    ),
    "a checkout with no way back": (
        lambda flow: flow["variables"].pop("GIT_DEPTH"),
        "rollout: its checkout has no commit",
    ),
    "an agent that stays": (
        lambda flow: flow[".main"].update(before_script=['eval "$(ssh-agent -s)"']),
        "plan: an agent whose job is killed",
    ),
    "a halt that is no failure": (
        lambda flow: flow["rollout"].update(allow_failure={"exit_codes": [3, 4, 5]}),
        r"rollout: it is yellow for \[3, 4, 5\]",
    ),
    "a failure that is none": (
        lambda flow: flow["again"].update(allow_failure=True),
        r"again: it is yellow for \[\]",
    ),
    "a red job that comes again": (
        lambda flow: flow["again"].pop("allow_failure"),
        r"again: it is yellow for \[\]",
    ),
    "a schedule that begins something": (
        lambda flow: line(flow, "again", "rollout resume --scheduled", "apply -y"),
        "again: it begins something without an approval: apply",
    ),
    "a schedule that presses plan": (
        lambda flow: flow["plan"]["rules"][0].update({"if": flow["again"]["rules"][0]["if"]}),
        "plan: it reaches the boards' runner without main",
    ),
    "a plan among the reports": (
        lambda flow: flow[".driven"]["artifacts"].update(reports={"junit": "plan.json"}),
        r"rollout: the artifact plan\.json has internals",
    ),
    "commands for all jobs": (
        lambda flow: flow.update(before_script=["sh bootstrap.sh"]),
        "before_script is for all jobs",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_workflow_that_breaks_a_rule_is_found(name: str) -> None:
    edit, message = PLANTED[name]
    broken = flow(GITHUB)
    edit(broken)
    assert any(re.match(message, one) for one in github_violations(broken)), name


@pytest.mark.parametrize("name", PLANTED_GITLAB)
def test_a_pipeline_that_breaks_a_rule_is_found(name: str) -> None:
    edit, message = PLANTED_GITLAB[name]
    broken = flow(GITLAB)
    edit(broken)
    assert any(re.match(message, one) for one in gitlab_violations(broken)), name
