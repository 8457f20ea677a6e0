"""The shell script that a unit runs, with every word quoted for the shell.

A unit's ExecStart has its own rules for quoting, specifiers and variables; a shell script has one
rule, and `shlex.quote` follows it for any text. The script also passes devices and mounts that only
some boards have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.containers.container import Container
from jetfleet.steps.shell import words
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.containers.program import Program

RUN = "/etc/jetfleet/NAME/run"


def run_script(service: str, program: Program, *, env_file: bool) -> str:
    """Return the text of the script at `RUN`.

    Parameters
    ----------
    service:
        Its name.
    env_file:
        Whether it has variables in a 0600 file of its own.

    """
    container = program if isinstance(program, Container) else None
    return render(
        "containers",
        RUN,
        name=service,
        env_file=env_file and container is None,
        optional_mounts=words(container.optional) if container else "",
        devices=" ".join(map(_pattern, container.devices)) if container else "",
        before=[words(command) for command in program.before],
        lines=program.lines(service, env_file=env_file),
    )


def _pattern(device: str) -> str:
    """Return a path whose `*` and `?` the shell expands; it has no other special character."""
    return device if "*" in device or "?" in device or "[" in device else words([device])
