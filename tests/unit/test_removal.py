"""What has left the spec leaves the board: what is removed, what is noted, and what never is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.fleet.desired_state import DesiredState
from jetfleet.resources import KINDS, Applied, Board, File, Removal, RunOptions
from jetfleet.resources.applied import RemovalState, is_removable
from jetfleet.resources.applied.gone import gone
from jetfleet.resources.applied.job import job_of
from jetfleet.resources.applied.kinds import WHEN_GONE
from jetfleet.resources.applied.ours import is_our_file
from jetfleet.resources.applied.record import MOST_HASHES, begun, covers, ended
from jetfleet.roles import record
from tests.support.rendered import ROOT, fleet, wanted
from tests.support.services import services

SHA, OTHER = "a" * 64, "b" * 64
UNIT = "/etc/systemd/system/jetfleet-old.service"
MINE = {
    "service:old": {"by": ["llm.py"]},
    f"file:{UNIT}": {"by": ["llm.py"], "sha256": [SHA]},
}


def state(put: Any, files: dict[str, str] | None = None, *active: str) -> RemovalState:
    return RemovalState({"put": put}, files or {}, frozenset(active))


def named(removal: Removal, actual: RemovalState, **allowed: bool) -> list[str]:
    return [one.attribute for one in removal.compare(actual, RunOptions(**allowed))]


def test_what_runs_goes_down_for_good() -> None:
    removal = Removal(frozenset(), "llm.py")
    actual = state(MINE, {UNIT: SHA}, "jetfleet-old.service")
    changes = removal.compare(actual, RunOptions())
    assert removal.effects(actual, changes).stops == ("old",)
    assert removal.effects(state(MINE, {UNIT: SHA}), changes).stops == ()


def test_a_unit_that_the_spec_has_under_another_key_is_never_stopped() -> None:
    keep = frozenset(
        {"unit:jetfleet-seed.service", "file:/etc/systemd/system/jetfleet-seed.service"}
    )
    actual = state({"service:seed": {"by": ["llm.py"]}})
    assert named(Removal(keep, "llm.py"), actual) == []


def test_a_unit_that_jetfleet_only_started_is_another_s() -> None:
    put: Any = {"unit-up:ssh.service": {"by": ["llm.py"]}}
    assert named(Removal(frozenset(), "llm.py"), state(put)) == []
    put["file:/etc/systemd/system/ssh.service"] = {"by": ["llm.py"], "sha256": [SHA]}
    assert named(Removal(frozenset(), "llm.py"), state(put)) == [
        "unit-up:ssh.service", "file:/etc/systemd/system/ssh.service",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "note"),
    [
        ("apply", []),
        ("ask", ["allow it with --prune"]),
        ("never", ["`removal: never`"]),
    ],
)
def test_what_stays_is_named(when: Any, note: list[str]) -> None:
    notes = Removal(frozenset(), "llm.py", when).notes(state(MINE, {UNIT: SHA}))
    assert [one.partition("(")[2].rstrip(")") for one in notes] == note
    assert all("service:old" in one for one in notes)


def test_a_record_that_is_lost_or_damaged_is_named_and_removes_nothing() -> None:
    removal = Removal(frozenset({"file:/etc/jetfleet/new/run"}), "llm.py")
    files = {UNIT: SHA, "/etc/jetfleet/new/run": SHA}
    for found, said in ((None, "cannot be read"), ({}, f"is missing, and {UNIT} is not")):
        actual = RemovalState(found, files)
        assert named(removal, actual) == []
        (note,) = removal.notes(actual)
        assert said in note
        assert "nothing is removed" in note
    assert removal.notes(RemovalState({}, {"/etc/jetfleet/new/run": SHA})) == ()


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "/etc/jetfleet", "/etc/jetfleet/x", "/etc/jetfleet/../passwd",
        "/etc/jetfleet//x/y", "/etc/jetfleet/./x/y", "etc/jetfleet/x/y", "/etc/jetfleet/x/y/",
        "/etc/systemd/system/ssh.service", "/etc/systemd/system/jetfleet-x/../ssh.service",
        "/usr/local/lib/jetfleet/../../bin/x", "/usr/local/lib/jetfleet", "/etc/jetfleet/x/\x1b[2J",
        "/etc/jetfleet/x/" + "y" * 2000,
    ],
)  # fmt: skip
def test_a_path_outside_of_its_folders_is_not_jetfleets(path: str) -> None:
    assert not is_our_file(path)


@pytest.mark.parametrize(
    ("key", "goes"),
    [
        ("service:cosmos", True),
        ("unit:jetfleet-seed.service", True),
        ("clocks:locked", True),
        ("file:/etc/jetfleet/cosmos/env", True),
        ("names:/etc/hosts", True),
        ("names:/etc/passwd", False),
        ("venv:jtop", True),
        ("venv:..", False),
        ("network:eth0", True),
        ("network:../x", False),
        ("access:/etc/sudoers.d/jetfleet-rules", True),
        ("access:/etc/shadow", False),
        ("fan:profile", False),
        ("reboot:board", False),
        ("hostname:name", False),
        ("user:ada", False),
        ("package:aria2", False),
        ("image:nvcr.io/nvidia/vllm:26.01-py3", False),
        ("model:cosmos", False),
        ("filesystem:/mnt/nvme", False),
        ("daemon:docker", False),
        ("file:/etc/systemd/system/docker.service.d/jetfleet.conf", False),
        ("service:../x", False),
        ("file:relative", False),
        ("nonsense", False),
    ],
)
def test_what_an_apply_removes(key: str, *, goes: bool) -> None:
    assert is_removable(key) is goes


@pytest.mark.parametrize(
    "kind", [kind for kind, when in WHEN_GONE.items() if when not in {"removed", "asked"}]
)
@pytest.mark.parametrize("name", ["docker", "/etc/hosts", "jetfleet-x.service", "cosmos"])
def test_what_stays_is_removed_under_no_name(kind: str, name: str) -> None:
    key = f"{kind}:{name}"
    assert not is_removable(key)
    entries = {key: {"by": ["llm.py"]}, f"file:/etc/systemd/system/{name}": {"by": ["base.py"]}}
    for last in (False, True):
        removal = Removal(frozenset(), "llm.py", last=last)
        assert named(removal, state(entries), prune=True) == []


def test_each_kind_says_what_becomes_of_it() -> None:
    assert {kind.kind for kind in KINDS} == WHEN_GONE.keys()


def test_the_guide_says_of_each_kind_what_becomes_of_it() -> None:
    page = (ROOT / "docs/guide/removal.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    said = {kind: row[2].strip() for row in rows for kind in re.findall("`([a-z-]+)`", row[1])}
    words = {"removed": "removed", "asked": "removed with", "follows": "goes", "stays": "stays"}
    for kind, when in WHEN_GONE.items():
        if when != "nothing":
            assert said.pop(kind).startswith(words[when]), kind
    assert not said


@pytest.mark.parametrize("kind", ["names", "venv"])
def test_what_is_neither_file_nor_unit_goes_last(kind: str) -> None:
    key = {"names": "names:/etc/hosts", "venv": "venv:jtop"}[kind]
    actual = state({key: {"by": ["llm.py"]}})
    assert named(Removal(frozenset(), "llm.py"), actual) == []
    last = Removal(frozenset(), "llm.py", last=True)
    assert named(last, actual) == [key]
    assert named(last, state({f"{kind}:../x": {"by": ["llm.py"]}})) == []


def test_services_that_read_what_goes_are_restarted_unless_they_go_too() -> None:
    conf, unit = "file:/etc/chrony/a.conf", "file:/etc/systemd/system/own.service"
    entry = {"by": ["llm.py"], "sha256": [SHA]}
    readers = ["chrony.service", "own.service", "--now", "x;y.service"]
    put: Any = {conf: {**entry, "read_by": readers}, unit: entry}
    assert job_of(gone(put, (), "llm.py"), put)["restart"] == ["chrony.service", "own.service"]
    put["unit-up:own.service"] = {"by": ["llm.py"]}
    assert job_of(gone(put, (), "llm.py"), put)["restart"] == ["chrony.service"]


def test_a_file_of_the_system_says_that_it_may_stay() -> None:
    put = {"file:/etc/motd": {"by": ["llm.py"], "sha256": [SHA]}}
    (change,) = Removal(frozenset(), "llm.py", last=True).compare(state(put), RunOptions())
    assert "unless it was on the board before" in change.sentence


def test_a_unit_of_the_specs_own_goes_down_for_good() -> None:
    put: Any = {
        "unit-up:own.service": {"by": ["llm.py"]},
        "file:/etc/systemd/system/own.service": {"by": ["llm.py"], "sha256": [SHA]},
        "file:/etc/systemd/system/own.service.d/jetfleet-files.conf": {"by": ["llm.py"]},
    }
    removal, actual = Removal(frozenset(), "llm.py"), state(put)
    changes = removal.compare(actual, RunOptions())
    assert removal.effects(actual, changes).stops == ("own.service",)
    assert len(changes) == 2  # the drop-in is not there


def test_everything_that_a_host_has_is_kept() -> None:
    for host in ("orin", "nano"):
        resources = wanted(ROOT / "tests/data/fleet.yaml").resources(host)
        removals = [one for one in resources.values() if isinstance(one, Removal)]
        assert [one.last for one in removals] == [False, True]
        for removal in removals:
            assert {"removal:files", "removal:services", "applied:record"} == (
                resources.keys() - removal.keep
            )


def rows(desired: DesiredState) -> list[str]:
    return [row.key for _, row in desired.rows(frozenset({"orin", "nano"}))]


def test_what_runs_is_removed_before_anything_is_put_there_and_files_last() -> None:
    keys = rows(wanted(ROOT / "tests/data/fleet.yaml"))
    assert keys[:2] == [f"{Board.kind}:release", "removal:services"]
    assert keys[-2:] == ["removal:files", "applied:record"]


def test_what_a_run_puts_there_is_known_before_it_is_there() -> None:
    entries = begun(MINE, {"service:new": "", f"file:{UNIT}": OTHER}, "llm.py")
    assert entries["service:new"] == {"by": ["llm.py"], "begun": True}
    assert entries[f"file:{UNIT}"] == {"by": ["llm.py"], "sha256": [SHA, OTHER]}
    assert entries["service:old"] == MINE["service:old"]
    # The record of an apply whose only change is the content of a file is still to be written.
    assert not covers(entries, {f"file:{UNIT}": OTHER}, "llm.py")
    assert covers(entries, {f"file:{UNIT}": SHA}, "llm.py")
    after = ended(entries, {"service:new": "", f"file:{UNIT}": OTHER}, "llm.py")
    assert after == {
        "service:new": {"by": ["llm.py"]},
        f"file:{UNIT}": {"by": ["llm.py"], "sha256": [OTHER]},
    }


def test_runs_that_fail_with_other_contents_do_not_fill_the_record() -> None:
    entries: Any = MINE
    for number in range(50):
        entries = begun(entries, {f"file:{UNIT}": f"{number:064}"}, "llm.py")
    hashes = entries[f"file:{UNIT}"]["sha256"]
    assert len(hashes) == MOST_HASHES
    assert hashes[-1] == f"{49:064}"


def test_the_file_with_an_unreadable_secret_keeps_its_hash() -> None:
    assert begun(MINE, {f"file:{UNIT}": ""}, "llm.py")[f"file:{UNIT}"]["sha256"] == [SHA]
    assert ended(MINE, {f"file:{UNIT}": ""}, "llm.py")[f"file:{UNIT}"]["sha256"] == [SHA]


def test_what_another_deploy_wants_stays_in_the_record() -> None:
    entries = {
        "service:theirs": {"by": ["own.py"]},
        "service:both": {"by": ["llm.py", "own.py"]},
    }
    after = ended(entries, {"service:mine": ""}, "llm.py")
    assert {key: one["by"] for key, one in after.items()} == {
        "service:theirs": ["own.py"], "service:both": ["own.py"], "service:mine": ["llm.py"],
    }  # fmt: skip


APPLIED = Applied((), (), put=(("service:new", ""), ("file:/etc/x", SHA)), deploy="llm.py")


def written(script: str) -> dict[str, Any]:
    """The record that a script writes."""
    job = json.loads(next(line for line in script.splitlines() if line.startswith("{")))["job"]
    record: dict[str, Any] = json.loads(job["text"])
    return record


def test_a_run_is_announced_once_and_recorded_at_its_end() -> None:
    before = {"resources": {"a:b": "1"}, "commit": "c", "put": MINE}
    announced = written(APPLIED.announcement(before))
    assert announced["resources"] == {"a:b": "1"}
    assert announced["put"] == begun(MINE, dict(APPLIED.put), "llm.py")
    assert APPLIED.announcement(announced) == ""
    (step,) = APPLIED.steps(announced, (), RunOptions(), None)  # type: ignore[arg-type]
    after = written(step.script)  # type: ignore[union-attr]
    assert after["put"] == {
        "service:new": {"by": ["llm.py"]}, "file:/etc/x": {"by": ["llm.py"], "sha256": [SHA]},
    }  # fmt: skip
    assert APPLIED.compare(after, RunOptions()) == []
    assert [one.attribute for one in APPLIED.compare(announced, RunOptions())] == ["record"]


def test_a_run_that_failed_before_is_no_change_once_its_spec_is_taken_back() -> None:
    (step,) = APPLIED.steps({}, (), RunOptions(), None)  # type: ignore[arg-type]
    good = written(step.script)  # type: ignore[union-attr]
    other = replace(APPLIED, put=(("service:b", ""), ("file:/etc/x", OTHER)))
    failed = written(other.announcement(good))
    assert failed["put"].keys() == {"service:new", "service:b", "file:/etc/x"}
    assert APPLIED.compare(failed, RunOptions()) == []


def test_what_waits_for_permission_stays_in_the_record() -> None:
    patient = Applied((), (), put=APPLIED.put, deploy="llm.py", removes=False)
    (step,) = patient.steps({"put": MINE}, (), RunOptions(), None)  # type: ignore[arg-type]
    after = written(step.script)  # type: ignore[union-attr]
    assert after["put"].keys() == {*MINE, "service:new", "file:/etc/x"}
    assert patient.compare(after, RunOptions()) == []


def test_the_record_names_the_services_that_read_a_file() -> None:
    conf = File("/etc/chrony/a.conf", "x\n", read_by=("chrony.service",))
    inputs = fleet(ROOT / "tests/data/fleet.yaml").role_input("orin")
    found = record.desired(replace(inputs, so_far=(conf,)))
    applied = next(one for one in found if isinstance(one, Applied))
    announced = written(applied.announcement({}))["put"][conf.key]
    assert announced["read_by"] == ["chrony.service"]
    (step,) = applied.steps({}, (), RunOptions(), None)  # type: ignore[arg-type]
    after = written(step.script)  # type: ignore[union-attr]
    assert after["put"][conf.key]["read_by"] == ["chrony.service"]
    assert applied.compare(after, RunOptions()) == []


def test_the_hash_of_a_secret_is_in_nothing_that_is_shown() -> None:
    secret = File("/etc/jetfleet/a/env", "KEY=canary\n", mode="600", secret=True)
    inputs = fleet(ROOT / "tests/data/fleet.yaml").role_input("orin")
    applied = next(
        one for one in record.desired(replace(inputs, so_far=(secret,))) if isinstance(one, Applied)
    )
    assert dict(applied.put)[secret.key] == secret.sha256
    assert secret.sha256 not in repr(applied)
    changes = applied.compare({"put": {secret.key: {"sha256": [OTHER]}}}, RunOptions(diff=True))
    assert secret.sha256 not in repr(changes)
    assert all(secret.sha256 not in repr(one.value) for one in applied.attributes.values())


@pytest.mark.filterwarnings("error")
def test_paths_of_the_spec_keep_a_mount(tmp_path: Path) -> None:
    found = services(
        tmp_path,
        "web: {runtime: container, image: docker.io/library/nginx:1.27, probe: {}, "
        "mounts: {/mnt/old/pages: /pages}, ports: {8080: 80}}",
    )["removal:files"]
    assert isinstance(found, Removal)
    assert "/mnt/old/pages" in found.paths
