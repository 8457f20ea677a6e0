"""What the operator reads of a host in the output of pyinfra: lines, errors, changes.

Boards, containers and hubs wrote parts of it, so each line is made printable here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from pyinfra import logger
from pyinfra.operations.util.files import generate_color_diff

from jetfleet.events.event import Refused
from jetfleet.events.write import log_event
from jetfleet.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyinfra.api.host import Host

    from jetfleet.resources import Change


def say(host: Host, line: str) -> None:
    """Print a line."""
    logger.info(f"{host.print_prefix}{printable(line)}")


def say_warning(host: Host, line: str) -> None:
    """Print a line that needs attention."""
    logger.warning(f"{host.print_prefix}{printable(line)}")


def say_error(host: Host, reason: str) -> None:
    """Print why a host is refused or has failed."""
    logger.error(f"{host.print_prefix}{click.style(printable(reason), 'red')}")


def log_refused(host: Host, key: str, reason: str) -> None:
    """Print and log why a host is refused."""
    log_event(Refused(host=host.name, resource=key, reason=reason))
    say_error(host, reason)


def say_changes(host: Host, changes: Iterable[Change]) -> None:
    """Print what differs, and each difference of a file once."""
    diffs: dict[tuple[str, str], None] = {}
    for change in changes:
        say(host, f"{change.sentence} ({change.attribute}: {change.have} -> {change.want})")
        if change.diff:
            diffs[change.diff] = None
    for diff in diffs:
        old, new = (printable_lines(text).splitlines(keepends=True) for text in diff)
        for line in generate_color_diff(old, new):
            logger.info(f"{host.print_prefix}  {line}")
