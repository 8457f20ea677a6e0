"""A pull of an image: its script, the script that reads its unit, and what its output means."""

from __future__ import annotations

import re

from jetfleet.board import program
from jetfleet.steps import Progress
from jetfleet.steps.pull_refusal import pull_remedy
from jetfleet.steps.shell import words
from jetfleet.steps.transient import read_look, watch_unit

_MOVED = "moved="
_THERE = "pulled=yes"
_COUNT = re.compile(rf"{_MOVED}\d{{1,20}}")

_REMEDY = re.compile(r"run again|look at `|move it away")
"""The program says already what to do."""

_LEAST = 65536
"""Bytes in some seconds that the engine moves only if a pull goes on: without one, it answers
questions and writes the logs of containers."""


_MARKS = "/var/lib/jetfleet/pulls"


def mark_of(unit: str) -> str:
    """Return the path of the file that lies on a board while what a pull wrote may be lost."""
    return f"{_MARKS}/{unit}"


def pull_script(unit: str, reference: str, label: str, login: str = "") -> str:
    """Return the script that a unit runs to pull an image.

    Parameters
    ----------
    label:
        One that the containers of services have.
    login:
        The script of a `RegistryLogin`; empty without one.

    """
    # Not by another shell: a program that is killed ends the unit with its signal.
    programs = program("image_store.sh") + program("pull.sh")
    return f"{login}set -- {words([reference, mark_of(unit), label])}\n{programs}"


def watch_pull(unit: str, reference: str) -> str:
    """Return a script that waits a while for a pull, then prints how its unit stands."""
    # A pull prints little without a terminal. Its bytes are read and written by the engine, and by
    # processes of the engine that unpack; what other programs write to the disk does not count.
    return f"""{watch_unit(unit)}
for pid in $(pidof dockerd containerd docker-untar docker-applyLayer); do
  sed -n 's/^[rw]char: /moved=/p' "/proc/$pid/io" 2>/dev/null
done
timeout 20 docker image inspect -f '{_THERE}' {words([reference])} 2>/dev/null
true
"""


class Pull:
    """Judges what the script of `watch_pull` prints of one pull, again and again.

    Parameters
    ----------
    name:
        The image, for people.
    unit:
        The unit that pulls it.
    user:
        The user of the login that it pulls with; empty without one.

    """

    def __init__(self, name: str, unit: str, user: str = "") -> None:
        self._name, self._unit, self._user = name, unit, user
        self._moved = 0
        self._steps = 0

    def judge(self, out: str) -> Progress:
        """Return the progress; its token changes with what the pull itself moves."""
        look = read_look(out, self._unit)
        lines = [x for x in look.lines if not x.startswith(_MOVED) and x != _THERE]
        if look.running:
            moved = sum(int(line[len(_MOVED) :]) for line in look.lines if _COUNT.fullmatch(line))
            # It gets less when a process that unpacked a layer has ended.
            self._steps += abs(moved - self._moved) >= _LEAST
            self._moved = moved
            token = "\n".join((str(self._steps), *lines))
            return Progress(token=token, line=f"pulling {self._name}")
        # systemd forgets a unit at a reboot, and shows it as if it had ended well.
        if look.succeeded and _THERE in look.lines:
            return Progress(done=True)
        why = " ".join(lines[-2:]) or "no reason given"
        refused = pull_remedy(why, self._name.partition("/")[0], self._user)
        if refused:
            why += f": {refused}"
        elif not _REMEDY.search(why):
            why += ": check that Docker runs and that the board reaches the registry, and run again"
        if not look.by_itself:
            why = "the pull was ended from outside, by a reboot or a kill: run again"
        return Progress(failed=f"could not pull {self._name}: {why}")
