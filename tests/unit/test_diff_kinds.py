"""`jetfleet diff` names what `plan` then finds and `apply` then changes: one table for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.diff import ask
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.validate import load_checked
from tests.kinds import BOARDS, KINDS, RECORD, Kind
from tests.lab import no_reboot, write_spec
from tests.rendered import invented
from tests.repository import Repository


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_change_is_named_on_its_boards(kind: Kind, tmp_path: Path) -> None:
    fleet = Repository.made(tmp_path / "fleet")
    write_spec(fleet.spec.parent, BOARDS, no_reboot)
    fleet.commit("two boards")
    fleet.edit(kind.edit)
    lock(fleet.spec)
    groups = ask(fleet.spec, "HEAD", fleet.root / "deploys/llm.py").values()["groups"]
    found = {
        host: {(row["resource"], row["attribute"]) for row in group["changes"]}
        for group in groups
        for host in group["hosts"]
        if group["kind"] != "same"
    }
    # The record of an apply follows from all else, and is no change that somebody reviews.
    assert found == {host: rows - {RECORD} for host, rows in kind.changes.items()}


def lock(spec: Path) -> None:
    """Add what the lock of the tests lacks."""
    loaded, _ = load_checked(spec)
    path = spec.with_suffix(".lock.yaml")
    old = load_lock(path)
    new = invented({name: m for name, m in loaded.models.items() if name not in old.models})
    save_lock(old.model_copy(update={"models": {**old.models, **new.models}}), path, spec)
