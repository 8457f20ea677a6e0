"""From a run folder, or the JSON of a status, to the page that shows it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.errors import FleetError
from jetfleet.events.files import hosts_in
from jetfleet.events.interpret import read_host
from jetfleet.report.host import shown
from jetfleet.report.page import Cell, Page, Row
from jetfleet.run.folder import About, read_about
from jetfleet.status.model import FleetStatus
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jetfleet.events.host import HostRun, ResourceRun
    from jetfleet.events.state import State


def page_of(path: Path) -> Page:
    """Return the page of a run folder or of a status that `jetfleet status --json` printed.

    Raises
    ------
    FleetError
        It is neither.

    """
    if path.is_dir():
        return _of_run(path)
    try:
        said = read_object(path.read_bytes())
        return of_status(FleetStatus.model_validate(said))
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        wrong = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        where = ".".join(map(str, wrong)) or "the file"
        raise FleetError(
            f"{path} is not a status of this jetfleet ({where}): name a run folder, or a file that "
            "`jetfleet status SPEC --json` wrote"
        ) from error


def of_status(status: FleetStatus) -> Page:
    """Return the page of a status alone."""
    about = (("spec", status.spec), ("asked", status.at))
    counts = dict(Counter(str(host.state) for host in status.hosts))
    return Page("Status", about, status=status, counts=counts)


def _of_run(folder: Path) -> Page:
    about = _about(folder)
    runs = [read_host(folder, name) for name in _names(folder, about)]
    began = min((run.began for run in runs if run.began), default=about.began)
    began = min(began, about.began or began)
    logs = {path.stem: path for path in sorted(folder.glob("*.log"))}
    hosts = tuple(shown(run, _verdict(folder, run), began, logs) for run in runs)
    return Page(
        title=about.command.capitalize(),
        about=_facts(about),
        seconds=max((run.ended for run in runs if run.began), default=began) - began,
        hosts=hosts,
        rows=_matrix(runs),
        counts=dict(Counter(host.state for host in hosts)),
    )


def _verdict(folder: Path, run: HostRun) -> tuple[State, str]:
    """Return how a host ended: after its apply, where there was one, and not after the plan."""
    if run.phases <= {"plan"}:
        return run.verdict
    return read_host(folder, run.name, lambda phase: phase != "plan").verdict


def _about(folder: Path) -> About:
    """Return what the run says of itself; one of pyinfra alone has only events."""
    path = folder / "run.json"
    if not path.exists():
        names = hosts_in(folder)
        if not names:
            raise FleetError(f"{folder} is not a run folder: it has neither run.json nor events")
        return About("run", "", "", "", tuple(names), began=0.0)
    try:
        return read_about(path.read_bytes())
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise FleetError(
            f"{path} is not what this jetfleet writes ({error}): update jetfleet"
        ) from error


def _names(folder: Path, about: About) -> list[str]:
    return list(dict.fromkeys([*about.hosts, *hosts_in(folder)]))


def _facts(about: About) -> tuple[tuple[str, str], ...]:
    said = (
        ("spec", about.spec),
        ("commit", about.commit),
        ("deploy", about.deploy),
        ("began", _time(about.began)),
        ("ended", _time(about.ended) if about.ended else _DIED if about.died else ""),
        ("exit status", "" if about.status is None else str(about.status)),
    )
    return tuple((name, text) for name, text in said if text)


_DIED = "no: the command was killed, or its workstation went off; run again, it continues"


def _time(seconds: float) -> str:
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _matrix(runs: Sequence[HostRun]) -> tuple[Row, ...]:
    """Return every resource that any host has, in the order of the hosts' surveys."""
    known: dict[str, ResourceRun] = {}
    for run in runs:
        for key, one in run.resources.items():
            if key not in known or not known[key].role:
                known[key] = one
    return tuple(
        Row(key, one.title, one.role, tuple(_cell(run, key) for run in runs))
        for key, one in known.items()
    )


def _cell(run: HostRun, key: str) -> Cell:
    one = run.resources.get(key)
    if one is None:
        return Cell("absent")
    if one.outcome == "in-sync" and run.state in {"refused", "unreachable"}:
        return Cell("unknown")  # behind a refusal nothing was compared
    return Cell(one.outcome, one.reason or (one.changes[-1].sentence if one.changes else ""))
