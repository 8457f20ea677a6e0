"""A service that was set up by hand: compared with the spec, never changed."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.cmdline import parse_cmdline, server_among
from jetfleet.redaction import HIDDEN
from jetfleet.resources.adopted.container import (
    Container,
    read_containers,
    survey_containers,
)
from jetfleet.resources.adopted.hiding import hiding, known_texts
from jetfleet.resources.base import (
    ABSENT,
    Attributes,
    Change,
    OnlyCompared,
    RunOptions,
    Unreadable,
)
from jetfleet.spec.image_ref import ImageRef
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jetfleet.cmdline import Call, Options

Facts = dict[str, str]
"""What is true of a service, by attribute, each as a line of text."""


@dataclass(frozen=True)
class AdoptedService(OnlyCompared["Facts"]):
    """A container or a unit that was made by hand is as the spec describes it.

    Parameters
    ----------
    name:
        Of the service in the spec.
    container, unit:
        Names of the container, of the unit that runs it, or of a unit without a container; the
        other one is empty.
    facts:
        What must be true of it, in the terms of `facts_of_container` and `facts_of_unit`.
    calls:
        How the servers of all runtimes are recognised.

    """

    kind: ClassVar[str] = "adopted"
    name: str
    container: str
    unit: str
    facts: tuple[tuple[str, str], ...]
    calls: tuple[Call, ...] = field(default=(), repr=False, compare=False)

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Compare {self.name}, which was set up by hand"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("daemon:*",)

    @classmethod
    def survey(cls, resources: Sequence[AdoptedService], options: RunOptions) -> str:
        del options
        containers = [r.container for r in resources if r.container]
        units = [r.unit for r in resources if r.unit]
        known = [text for r in resources for text in known_texts(r.facts)]
        script = survey_containers(containers, known) if containers else ""
        return script + (survey_units(units, known) if units else "")

    @classmethod
    def read(cls, text: str, resources: Sequence[AdoptedService]) -> dict[str, Facts]:
        if _FAILED in text.splitlines():
            raise Unreadable("`systemctl show` failed on the board: look at `systemctl status`")
        calls = resources[0].calls if resources else ()
        found_ones = read_containers(text)
        containers = {found.name: facts_of_container(found, calls) for found in found_ones}
        units = {found["Id"]: facts_of_unit(found) for found in read_shown(text)}
        absent = {"state": "absent"}
        states = {}
        for r in resources:
            unit = units.get(r.unit, absent)
            found_one = containers.get(r.container, absent) if r.container else unit
            starts = {"enabled": unit.get("enabled", ABSENT)} if r.container and r.unit else {}
            states[r.key] = {**found_one, **starts}
        return states

    def desired(self) -> Attributes:
        return dict(self.facts)

    def observed(self, actual: Facts) -> Attributes:
        wanted = dict(self.facts)
        if actual["state"] != wanted["state"]:
            return {"state": actual["state"]}
        return {name: actual.get(name, ABSENT) for name in sorted(wanted.keys() | actual.keys())}

    def details(self) -> Mapping[str, Any]:
        return {"container": self.container, "unit": self.unit}

    def sentence(self, change: Change, actual: Facts) -> str:
        del actual
        of_unit = not self.container or (self.unit and change.attribute == "enabled")
        what = self.unit if of_unit else f"the container {self.container}"
        other = change.have if change.attribute == "state" else f"has another {change.attribute}"
        verb = "is " if change.attribute == "state" else ""
        return f"{what}, set up by hand, {verb}{other}"

    def remedy(self, changes: Sequence[Change]) -> str:
        named = ", ".join(change.attribute for change in changes)
        return (
            f"{self.name} was set up by hand and is only compared ({named}): make it again as it "
            "was, write into the spec what it is now, or take `adopted` out of the spec to have "
            "jetfleet run it"
        )


def facts_of_container(found: Container, calls: Sequence[Call]) -> Facts:
    """Return what is compared of a container: image, options, mounts, environment and server."""
    facts = {
        "state": found.status,
        **image_fact(found.image),
        "image-id": found.image_id,
        "command": one_line(found.command),
        **{f"docker {name}": show(value) for name, value in found.options.items()},
        **{f"volume {source}": inside for source, inside in found.volumes.items()},
        **_env(found.env.items()),
    }
    if found.status != "running":
        return facts
    served = server_among((process.words for process in found.processes), calls)
    return {**facts, **(server_facts(*served) if served else {"server": "none"})}


def image_fact(image: str) -> Facts:
    """Return an image's whole name as a fact; none for an image that has only an id."""
    return {} if image.startswith("sha256:") else {"image": ImageRef.parse(image).full}


def server_facts(call: Call, said: Sequence[str]) -> Facts:
    """Return what is compared of a server's command line, from the words after its name."""
    free, options = parse_cmdline(said, call.short)
    return {"server": call.server, **option_facts(" ".join(free) or None, options)}


def option_facts(model: str | None, options: Options) -> Facts:
    """Return a server's model and options as facts; of a secret only that it is there."""
    facts = {f"option {name}": show(value) for name, value in options.items()}
    return facts if model is None else {**facts, "model": model}


def facts_of_unit(shown: Mapping[str, str]) -> Facts:
    """Return what is compared of a unit, from its properties."""
    return {
        "state": shown.get("ActiveState", "absent"),
        "enabled": _enabled(shown),
        "command": "; ".join(commands_of(shown)),
        "user": shown.get("User", "") or "root",
        **_env(env_of(shown).items()),
    }


def _enabled(shown: Mapping[str, str]) -> str:
    return "yes" if shown.get("UnitFileState") == "enabled" else "no"


def commands_of(shown: Mapping[str, str]) -> list[str]:
    """Return the command lines of a unit: one that runs once may have several."""
    found = (_COMMAND.search(line) for line in shown.get("ExecStart", "").splitlines())
    return [" ".join(one[1].split()) for one in found if one]


# A command may itself have a blank and a semicolon, as that of a shell.
_COMMAND = re.compile(r"argv\[\]=(.*?) ; (?:ignore_errors|flags|start_time|pid)=")


def env_of(shown: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a unit sets."""
    pairs = (word.partition("=") for word in shlex.split(shown.get("Environment", "")))
    return {name: value for name, _, value in pairs}


SHOWN = (
    "Id", "LoadState", "ActiveState", "UnitFileState", "ExecStart", "Environment", "User",
    "WorkingDirectory",
)  # fmt: skip


def survey_units(units: Iterable[str], known: Iterable[str] = ()) -> str:
    """Shell script that shows what these units run, without secrets; see `hiding` for `known`."""
    named = words(sorted(set(units)))
    show = f"systemctl show -p {','.join(SHOWN)} {named}"
    return f"{{ {show} || echo '{_FAILED}'; }} | {hiding(known)}"


_FAILED = "systemctl failed"


def read_shown(text: str) -> list[dict[str, str]]:
    """Return the properties of each unit that the script showed and that exists."""
    shows: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not line:
            shows.append({})
        elif equals and name in SHOWN:
            before = shows[-1].get(name)
            shows[-1][name] = value if before is None else f"{before}\n{value}"
    return [show for show in shows if "Id" in show and show.get("LoadState") == "loaded"]


def _env(pairs: Iterable[tuple[str, str]]) -> Facts:
    return {f"env {name}": HIDDEN if HIDDEN in value else value for name, value in pairs}


def one_line(command: Iterable[str]) -> str:
    """Return a command as one line to compare; how its blanks were written does not matter."""
    return " ".join(" ".join(command).split())


def show(value: object) -> str:
    """Return a value of an option as one text for all ways of writing it."""
    if isinstance(value, str):
        return HIDDEN if HIDDEN in value else value
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
