"""From a run folder, or the JSON of a status, to the page that shows it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jetfleet import rows
from jetfleet.errors import FleetError
from jetfleet.report.host import Rows, host_of
from jetfleet.report.page import Cell, Page, Row
from jetfleet.run.folder import About
from jetfleet.status.model import FleetStatus
from jetfleet.text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
        said = json.loads(path.read_text(encoding="utf-8"))
        return of_status(FleetStatus.model_validate(_printable(said)))
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        wrong = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        where = ".".join(map(str, wrong)) or "the file"
        raise FleetError(
            f"{path} is no status of this jetfleet ({where}): name a run folder, or a file that "
            "`jetfleet status SPEC --json` wrote"
        ) from error


def of_status(status: FleetStatus) -> Page:
    """Return the page of a status alone."""
    about = (("spec", status.spec), ("asked", status.at))
    counts = dict(Counter(str(host.state) for host in status.hosts))
    return Page("Status", about, status=status, counts=counts)


def _of_run(folder: Path) -> Page:
    about = _about(folder)
    by_host = {name: list(_safe(rows.read(folder, name))) for name in _names(folder, about)}
    began = min((r["at"] for mine in by_host.values() for r in mine), default=about.began)
    began = min(began, about.began or began)
    logs = {path.stem: path for path in sorted(folder.glob("*.log"))}
    hosts = tuple(host_of(name, mine, began, logs) for name, mine in by_host.items())
    ends = [r["at"] for mine in by_host.values() for r in mine]
    return Page(
        title=about.command.capitalize(),
        about=_facts(about),
        seconds=max(ends, default=began) - began,
        hosts=hosts,
        rows=_matrix(by_host, {host.name: host.state for host in hosts}),
        counts=dict(Counter(host.state for host in hosts)),
    )


def _about(folder: Path) -> About:
    """Return what the run says of itself; one of pyinfra alone says nothing but its rows."""
    path = folder / "run.json"
    if not path.exists():
        names = rows.hosts(folder)
        if not names:
            raise FleetError(f"{folder} is no run folder: it has neither run.json nor any rows")
        return About("run", "", "", "", tuple(names), began=0.0)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        known.pop("schema")
        return About(**{**known, "hosts": tuple(known["hosts"])})
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise FleetError(
            f"{path} is not what this jetfleet writes ({error}): update jetfleet"
        ) from error


def _names(folder: Path, about: About) -> list[str]:
    return list(dict.fromkeys([*about.hosts, *rows.hosts(folder)]))


def _safe(found: Any) -> Rows:  # noqa: ANN401
    """Return rows whose every text can be shown."""
    return [_printable(row) for row in found]


def _printable(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return printable_lines(value)
    if isinstance(value, list):
        return [_printable(one) for one in value]
    if isinstance(value, dict):
        return {printable_lines(name): _printable(one) for name, one in value.items()}
    return value


def _facts(about: About) -> tuple[tuple[str, str], ...]:
    said = (
        ("spec", about.spec),
        ("commit", about.commit),
        ("deploy", about.deploy),
        ("began", _time(about.began)),
        ("ended", _time(about.ended) if about.ended else ""),
        ("exit status", "" if about.status is None else str(about.status)),
    )
    return tuple((name, printable_lines(text)) for name, text in said if text)


def _time(seconds: float) -> str:
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


# A later word of the same resource stands for the earlier ones.
_CELLS = {"planned": "planned", "changed": "changed", "failed": "failed", "refused": "refused"}


def _matrix(by_host: Mapping[str, Rows], states: Mapping[str, str]) -> tuple[Row, ...]:
    """Return every resource that any host has, by role, in the order of the hosts' surveys."""
    known: dict[str, tuple[str, str]] = {}
    for mine in by_host.values():
        for row in mine:
            listed = row.get("resources", ()) if row["outcome"] == "surveyed" else [row]
            for one in listed:
                key = one.get("resource")
                if key and (key not in known or "title" in one):
                    old = known.get(key, ("", key))
                    known[key] = (one.get("role") or old[0], one.get("title") or old[1])
    cells = {name: _cells(mine, states[name]) for name, mine in by_host.items()}
    absent = Cell("absent")
    return tuple(
        Row(key, title, role, tuple(cells[name].get(key, absent) for name in by_host))
        for key, (role, title) in known.items()
    )


def _cells(mine: Rows, state: str) -> dict[str, Cell]:
    # Behind a refusal nothing was compared.
    usual = Cell("unknown" if state in {"refused", "unreachable"} else "same")
    found: dict[str, Cell] = {}
    for row in mine:
        if row["outcome"] == "surveyed":
            # A second survey takes nothing back: what a run did not get to is still to be done.
            found = {**{one["resource"]: usual for one in row.get("resources", ())}, **found}
        elif row["outcome"] in _CELLS and row.get("resource"):
            sentence = row.get("reason") or row.get("sentence", "")
            found[row["resource"]] = Cell(_CELLS[row["outcome"]], sentence)
    return found
