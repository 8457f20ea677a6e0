"""What is wrong with a board, said beside a failure that it may have caused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.converge.boot_trouble import STOPPING, ask_boot
from jetfleet.converge.disk_trouble import ask_disks
from jetfleet.converge.engine_trouble import ask_engine
from jetfleet.steps import Refused
from jetfleet.survey.section import Section, sections, sections_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.converge.question import Question
    from jetfleet.steps import Result

_KINDS: dict[str, Callable[[str], Question | None]] = {
    "boot": ask_boot, "disks": ask_disks, "engine": ask_engine,
}  # fmt: skip


def board_trouble(said: str, query: Callable[[str, str], Result]) -> str:
    """Return what is wrong with the board, its disks and its Docker; empty if nothing is.

    The board is asked once, and only about what the failure may come from.

    Parameters
    ----------
    said:
        The failure.
    query:
        Runs a script on the board that only reads, with a title.

    """
    asked = {name: one for name, ask in _KINDS.items() for one in [ask(said)] if one}
    if not asked:
        return ""
    script = sections({name: (one.script, one.seconds) for name, one in asked.items()})
    try:
        answers = sections_of(query(script, "Look at the board").out)
    except Refused as lost:
        return str(lost)
    found = [one.read(answers.get(name, Section()).text) for name, one in asked.items()]
    return STOPPING if STOPPING in found else "; ".join(filter(None, found))
