"""What a board's Docker engine is asked by a survey: all kinds of resources ask it at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.board.engine import LACKING, LATE, SECONDS
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import ENGINE_RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPARE = 3
"""Seconds before the end of a section in which `docker` shows that the engine hangs."""


@dataclass(frozen=True)
class EngineQuestion:
    """What one kind of resource asks.

    Parameters
    ----------
    images, containers:
        Their names.
    foreign:
        Whether all containers are meant that jetfleet did not make, too.
    lacking:
        Script that runs where the engine lacks one of the images.
    stopped:
        What is printed where the engine does not run; empty: nothing.

    """

    images: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    foreign: bool = False
    lacking: str = ""
    stopped: str = ""


def ask_engine(questions: Mapping[str, EngineQuestion]) -> str:
    """Return a script that prints the answers to the questions of kinds, for `answers_of`.

    An engine that is stopped is not asked: its socket would start it, and a survey only reads.
    """
    asked = {
        kind: {"images": one.images, "containers": one.containers, "foreign": one.foreign}
        for kind, one in questions.items()
    }
    lacking, stopped = "", ""
    for kind, one in questions.items():
        lacking += f"{{\n{one.lacking}}} | sed 's/^/{kind} /'\n" if one.lacking else ""
        stopped += f"echo '{kind} {one.stopped}'\n" if one.stopped else ""
    # The limit of this section names what hangs.
    return f"""if {ENGINE_RUNS}; then
export {SECONDS}=$((${{limit_seconds:-20}} - {_SPARE}))
{run_program("foreign_json.py", "engine.py", job=asked)}\
case $? in
0) ;;
{LACKING}) :
{lacking};;
{LATE}) docker ps >/dev/null; exit 1 ;;
*) exit 1 ;;
esac
else :
{stopped}fi
true
"""


def answers_of(kind: str, text: str) -> str:
    """Return the answers to the question of a kind, each on a line without the kind."""
    mark = f"{kind} "
    found = (line[len(mark) :] for line in text.split("\n") if line.startswith(mark))
    return "".join(f"{line}\n" for line in found)
