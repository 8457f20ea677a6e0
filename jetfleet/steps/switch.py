"""A change that could cut a board off, under the dead man's switch.

The board saves what the change touches and starts a timer. It puts the old state back by itself
unless the run confirms the change over a new connection: a new login, and sudo that works; see
``jetfleet/board/switch.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jetfleet.board import program
from jetfleet.steps.error import StepFailed
from jetfleet.steps.program import modules_of, run_program
from jetfleet.steps.step import Confirm, Run
from jetfleet.text import UnreadableJson, printable, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.steps.step import Result, Steps

FOLDER = "/var/lib/jetfleet/switch"
"""Folder on the board that only root can enter."""

BOOT_UNIT = "/etc/systemd/system/jetfleet-switch-boot.service"
"""The unit that puts the old state back at a boot; it is there until a change is confirmed."""

SECONDS = 60
"""From the beginning of a change until the board undoes it."""

_PROGRAMS = (
    *("entry.py", "foreign_json.py", "place.py", "mark.py", "saved.py"),
    *("switch_state.py", "switch_timer.py", "switch.py"),
)
_ARM_SECONDS = 60
_ASK_SECONDS = 20
_BEGIN_SECONDS = 3
_UNDO_SECONDS = 120

# While a script holds this lock, the timer waits: the script ends with its connection.
_AT_WORK = f"exec 7>>{FOLDER}/busy\nflock -n 7\n"


@dataclass(frozen=True)
class Switch:
    """What is saved of a board before a change, and how it is put back.

    Parameters
    ----------
    name:
        What is changed, such as ``the network of eth0``.
    files:
        Paths that are put back: with content, owner, mode and links, or removed if they were
        not there.
    undo:
        Script that runs once they are back, so that programs read them again; not at a boot.
    work:
        Seconds that the change may take; it is not undone while it is at work.
    addresses:
        Where the board may answer afterwards, beside its address in the spec.
    own:
        Those of the files that jetfleet alone writes: what is no file there is not kept.

    """

    name: str
    files: tuple[str, ...]
    undo: str
    work: int = 45
    addresses: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def guarded(switch: Switch, change: Run, *, detached: bool = False) -> Steps:
    """Make a change under the switch.

    Parameters
    ----------
    detached:
        The change goes on as a unit of the board, because it may cut its own connection.

    Raises
    ------
    StepFailed
        The change has failed, or was not confirmed; the text says whether the old state is back.

    """
    script = _arm(switch, change.script if detached else "")
    armed = yield Run(script, f"Arm the switch for {switch.name}", _ARM_SECONDS)
    own = str(_read(armed.out).get("id", ""))
    if not detached:
        try:
            yield replace(change, script=f"{_AT_WORK}{change.script}")
        except StepFailed as failure:
            try:
                back = yield replace(_ask(switch, change, "put_back", own), once=True)
            except StepFailed as silent:
                raise StepFailed(f"{failure}; {silent}") from failure
            if _read(back.out).get("same") is True:
                raise  # the change has undone itself, and says so
            raise StepFailed(f"{failure}; {outcome(switch.name, back)}") from failure
    # The board makes the change a second after its answer, which would confirm nothing.
    after = _BEGIN_SECONDS if detached else 0
    done = yield replace(_ask(switch, change, "confirm", own), after=after, last=True)
    if _read(done.out).get("state") != "confirmed":
        raise StepFailed(f"{change.title}: {outcome(switch.name, done)}")


def outcome(name: str, result: Result) -> str:
    """Return whether the old state is back, and why."""
    back = _read(result.out)
    silent = f"the board did not answer at {' or '.join(result.silent)}; " if result.silent else ""
    if back.get("state") != "back":
        return (
            f"{silent}whether the old state of {name} is back is not known: log in to the board, "
            f"and look at `journalctl -u jetfleet-switch`"
        )
    failed = f"{printable(str(back['failed']))}; " if back.get("failed") else silent
    undo = f", but {printable(str(back['undo']))}" if back.get("undo") else ""
    return f"{failed}the old state of {name} was put back{_when(back, result.at)}{undo}"


SETTLE_SECONDS = 600
"""The longest that the board may take to undo a change: Docker stops every container first."""


def settle() -> str:
    """Script that undoes a change at once that no run will confirm: the one that made it died."""
    return _program("put_back", {"why": "run"})


def _when(back: Mapping[str, Any], now: float) -> str:
    if back.get("why") == "boot":
        return " at its boot"
    ago = back.get("ago")
    if not now or not isinstance(ago, int | float):
        return ""
    minutes, second = divmod(int(now - ago) % 86400, 60)
    return f" at {minutes // 60:02}:{minutes % 60:02}:{second:02} UTC"


def _arm(switch: Switch, change: str) -> str:
    job = {
        "name": switch.name,
        "files": list(switch.files),
        "own": list(switch.own),
        "undo": switch.undo,
        "seconds": SECONDS,
        "work": switch.work,
        "change": change,
        "modules": modules_of(_PROGRAMS),
        "launch": program("launch.py"),
    }
    return _program("arm", job)


def _ask(switch: Switch, change: Run, action: str, own: str) -> Confirm:
    return Confirm(
        _program(action, {"id": own, "why": "change"}),
        change.title,
        lambda out: _read(out).get("state") == "pending",
        SECONDS + switch.work,
        _ASK_SECONDS if action == "confirm" else _UNDO_SECONDS + switch.work,
        switch.addresses,
    )


def _program(action: str, job: Mapping[str, Any]) -> str:
    places = {"action": action, "folder": FOLDER, "boot_unit": BOOT_UNIT}
    return run_program(*_PROGRAMS, job={**places, **job})


def _read(out: str) -> Mapping[str, Any]:
    """Return what the program of the switch printed; nothing if it is not its answer."""
    try:
        return read_object((out.strip().splitlines() or ["{}"])[-1])
    except UnreadableJson:
        return {}
