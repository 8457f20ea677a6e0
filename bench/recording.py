"""The steps of an apply, written down as it carries them out, and the same as one shell script."""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jetfleet.converge.executor import Executor
from jetfleet.environment import RUN_FOLDER
from jetfleet.steps import Run, Step, Steps, Watch
from jetfleet.steps.step import Confirm
from jetfleet.steps.switch import FOLDER

_FILE = "steps.jsonl"
_STATE = re.compile(r"^ActiveState=\w+$", re.MULTILINE)
_LOOKS = 600

# By hand there is no dead man's switch.
_OF_THE_SWITCH = "Arm the switch for "


@dataclass(frozen=True)
class Recorded:
    """A script that changed a board, and when it began, in seconds since 1970.

    Parameters
    ----------
    until:
        The line that a script prints when what it waits for is done; empty: it ran once.

    """

    begun: float
    title: str
    script: str
    until: str = ""


def record_steps() -> None:
    """Let the executors of this process write down each step, in the run folder."""
    carry_out = Executor.execute
    if carry_out.__name__ != "recording":

        def recording(self: Executor, steps: Steps, owner: str = "") -> bool:
            return carry_out(self, _noted(steps), owner)

        Executor.execute = recording  # type: ignore[method-assign]


def recorded(folder: Path) -> list[Recorded]:
    """Return the steps of a run, in order."""
    lines = (folder / _FILE).read_text(encoding="utf-8").splitlines()
    return [Recorded(**json.loads(line)) for line in lines]


def _noted(steps: Steps) -> Steps:
    result = None
    while True:
        begun = time.time()
        try:
            step = next(steps) if result is None else steps.send(result)
        except StopIteration:
            return
        result = yield step
        _note(step, begun, result.out)


def _note(step: Step, begun: float, out: str) -> None:
    if isinstance(step, Confirm) or step.title.startswith(_OF_THE_SWITCH):
        return
    if not isinstance(step, Run | Watch):
        raise TypeError(f"{type(step).__name__}: a shell script on the board cannot do that")
    until = _STATE.findall(out)[0] if isinstance(step, Watch) else ""
    line = json.dumps(asdict(Recorded(begun, step.title, step.script, until)))
    with (Path(os.environ[RUN_FOLDER]) / _FILE).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def by_hand(steps: Sequence[Recorded], part_of: Callable[[Recorded], str]) -> str:
    """Return one shell script of these steps: it prints a part and the nanoseconds of each.

    It ends at the first step that fails, and prints what that has printed.
    """
    return "".join(_lines(steps, part_of))


def _lines(steps: Sequence[Recorded], part_of: Callable[[Recorded], str]) -> Iterator[str]:
    # A twin that was only flashed has a `date` of its own, which shows 1970.
    yield f"mkdir -p {FOLDER}\n"
    yield """said=$(mktemp)
now() { /bin/date +%s%N; }
fail() { echo "failed: $1"; cat "$said"; exit 1; }
"""
    for number, step in enumerate(steps):
        title = shlex.quote(step.title)
        # Not as a condition, in which `set -e` of the script would do nothing.
        yield f'step{number}() {{ (\n{step.script}\n) </dev/null >"$said" 2>&1; }}\nbegun=$(now)\n'
        if step.until:
            yield (
                f'looks=0\nwhile :; do\n  step{number}\n  grep -qx {step.until} "$said" && break\n'
                f"  looks=$((looks + 1)); [ $looks -lt {_LOOKS} ] || fail {title}\ndone\n"
            )
        else:
            yield f"step{number}\n[ $? = 0 ] || fail {title}\n"
        yield f'echo "took {part_of(step)} $(($(now) - begun))"\n'
