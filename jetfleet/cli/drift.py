"""`jetfleet drift`: for a nightly job, what differs from the spec, and who changed it."""

from __future__ import annotations

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.options import (
    AsJson,
    AskPassword,
    AskSudoPassword,
    AsMarkdown,
    Deep,
    Forms,
    Junit,
    Limit,
    Spec,
    Timeout,
    data_of,
    with_timeout,
)
from jetfleet.cli.plan import planned
from jetfleet.fleet.deploy import find_deploy
from jetfleet.plan.make import Request


def drift(
    spec: Spec,
    deploy: Deploy = None,
    limit: Limit = None,
    deep: Deep = False,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    junit_file: Junit = None,
) -> None:
    """Show what differs since the last apply, and who changed it.

    It only reads. Exit code: 0 nothing differs, 2 something does, 3 a host is refused or
    unreachable, 1 error.
    """
    data, only_now = data_of(False, deep, False), with_timeout((), timeout)
    request = Request(spec, find_deploy(spec, deploy), limit or (), data, only_now=only_now)
    raise typer.Exit(planned("drift", request, Forms(as_json, as_markdown, junit_file)))
