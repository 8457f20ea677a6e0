"""What `diff` names of each kind of change is what `plan` finds and `apply` changes.

The table is the same that boards are held to in tests/twins/test_changes.py. One resource
is named apart: the record of what was applied is part of every apply, and of no review.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jetfleet.diff.fleet import compare
from jetfleet.fleet.deploy import roles_of
from jetfleet.render import review
from jetfleet.workstation.workstation import lock_path
from tests.support.change_table import BOARDS, KINDS, RECORD, Kind
from tests.support.lab import Edit, no_reboot, write_spec
from tests.support.rendered import ROOT


def hosts(folder: Path, edit: Edit | None) -> list:
    def both(spec: dict) -> None:
        no_reboot(spec)
        if edit:
            edit(spec)

    spec = write_spec(folder, BOARDS, both)
    shutil.copy(ROOT / "tests/data/lock.yaml", lock_path(spec))
    _lock_small(lock_path(spec))
    return list(review(spec, roles_of(ROOT / "deploys/llm.py")).hosts)


def _lock_small(path: Path) -> None:
    """Lock the model that one kind adds as if it had been resolved."""
    yaml = YAML()
    lock = yaml.load(path.read_text(encoding="utf-8"))
    lock["models"]["small"] = {
        **lock["models"]["cosmos-reason2-2b"],
        "source": "ollama:smollm2:135m",
    }
    with path.open("w", encoding="utf-8") as out:
        yaml.dump(lock, out)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_diff_names_what_plan_finds(kind: Kind, tmp_path: Path) -> None:
    old, new = hosts(tmp_path / "old", None), hosts(tmp_path / "new", kind.edit)
    named = {
        host: {(row.resource, row.attribute) for row in group.rows}
        for group in compare(old, new).groups
        for host in group.hosts
    }
    assert {host: rows - {RECORD} for host, rows in named.items()} == {
        host: kind.changes.get(host, set()) - {RECORD} for host in BOARDS
    }
