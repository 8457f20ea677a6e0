"""A plan from the rows that a dry run of pyinfra left in its folder."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jetfleet import rows
from jetfleet.plan.model import Attribute, Disk, Effects, HostPlan, Plan, Planned, Waived
from jetfleet.plan.outage import outages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jetfleet.run.folder import Folder

Rows = list[dict[str, Any]]


def read_plan(
    folder: Folder,
    data: Sequence[str],
    waived: Mapping[str, Sequence[Waived]],
    sizes: Mapping[str, Mapping[str, int]],
) -> Plan:
    """Return the plan of a run.

    Parameters
    ----------
    folder:
        Of the run; a host that it asked for and that left no rows is refused.
    waived:
        Waived rules by host.
    sizes:
        Bytes that each service of a host loads when it starts, by host and service.

    """
    about = folder.about
    return Plan(
        command="drift" if about.command == "drift" else "plan",
        made=datetime.fromtimestamp(about.began, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        spec=about.spec,
        deploy=about.deploy,
        commit=about.commit,
        data=tuple(data),
        hosts=tuple(
            _host(name, folder.path, folder.log("plan"), waived.get(name, ()), sizes.get(name, {}))
            for name in about.hosts
        ),
    )


def _host(
    name: str, path: Path, log: Path, waived: Sequence[Waived], sizes: Mapping[str, int]
) -> HostPlan:
    mine = [row for row in rows.read(path, name) if row.get("phase") == "plan"]
    by: dict[str, Rows] = {}
    for row in mine:
        by.setdefault(row["outcome"], []).append(row)
    surveyed = (by.get("surveyed") or [{}])[-1]
    about = HostPlan(host=name, state="converged", waived=tuple(waived))
    if "unreachable" in by:
        reason = by["unreachable"][-1]["reason"]
        return about.model_copy(update={"state": "unreachable", "reason": reason})
    planned = _planned(by.get("planned", []), by.get("expected", []))
    changed = {one.resource for one in planned}
    refused = "; ".join(row["reason"] for row in by.get("refused", ()))
    if not refused and not (surveyed and "compared" in by):
        refused = f"the plan broke off before all of it was compared: look into {log}"
    return HostPlan(
        host=name,
        state="refused" if refused else "changes" if planned else "converged",
        reason=refused,
        resources=planned,
        # Behind a refusal nothing was compared.
        same=() if refused else tuple(
            one["resource"] for one in surveyed["resources"] if one["resource"] not in changed
        ),
        internet=sum(one.effects.internet for one in planned),
        lan=sum(one.effects.lan for one in planned),
        nvme=_disk([one.effects for one in planned if one.effects.mount], surveyed.get("free")),
        restarts=outages(planned, surveyed.get("ready_seconds", {}), sizes),
        reboots=_reboots(planned, ""),
        waits=_reboots(planned, "reboot"),
        survey=surveyed.get("survey", ""),
        desired=surveyed.get("desired", ""),
        applied=surveyed.get("applied"),
        waived=about.waived,
    )  # fmt: skip


def _planned(planned: Rows, expected: Rows) -> tuple[Planned, ...]:
    effects = {row["resource"]: Effects(**_only(Effects, row)) for row in expected}
    grouped: dict[str, Rows] = {}
    for row in planned:
        grouped.setdefault(row["resource"], []).append(row)
    return tuple(
        Planned(
            resource=key,
            title=group[0]["title"],
            role=group[0]["role"],
            cause=group[0]["cause"],
            changes=tuple(Attribute(**_only(Attribute, row)) for row in group),
            effects=effects.get(key, Effects()),
        )
        for key, group in grouped.items()
    )


def _reboots(planned: Sequence[Planned], waits_for: str) -> tuple[str, ...]:
    effects = (one.effects for one in planned)
    return tuple(e.reboot for e in effects if e.reboot and e.waits_for == waits_for)


def _only(model: type[Attribute | Effects], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return those fields of a row that a model has: rows may know more than it."""
    return {name: row[name] for name in model.model_fields if name in row}


def _disk(effects: Sequence[Effects], free: int | None) -> Disk:
    """Add up one after the other, as the resources are carried out."""
    held = peak = 0
    for one in effects:
        peak = max(peak, held + one.peak)
        held += one.final
    return Disk(peak=max(peak, held, 0), final=held, free=free)
