"""What jetfleet keeps on a board, damaged in each way: the next apply replaces it, or names it.

The files of a fetch are in test_fetch_after_faults.py, archives of services in test_last_ready.py,
those of Docker in test_docker_settings.py. Each script has a time limit: a pipe must not hold a
survey.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jetfleet.board import prestart, seed
from jetfleet.resources import (
    Applied,
    Daemon,
    File,
    Leftovers,
    Model,
    ModelFile,
    Resource,
    RunOptions,
    Service,
)
from jetfleet.resources.applied import APPLIED
from jetfleet.resources.daemon import DaemonState
from jetfleet.steps.shell import STATE_DIR
from jetfleet.steps.write_file import write_file
from jetfleet.transport.script import Holder, to_send
from tests.support.corrupt import KINDS, corrupt
from tests.support.own_state import OWN

SECONDS = 10
EACH = pytest.mark.parametrize("kind", KINDS)


def sh(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script; its output is decoded as that of a board is, line ends as they come."""
    done = subprocess.run(
        ["sh", "-s"],
        input=f"export LC_ALL=C\n{script}".encode(),
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    out, err = (one.decode(errors="replace") for one in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def written(path: Path, text: str = "new\n") -> subprocess.CompletedProcess[str]:
    """Write a file as an apply does."""
    user, group = (subprocess.check_output(["id", f"-{one}n"], text=True).strip() for one in "ug")
    return sh(write_file(str(path), text, mode="600", owner=user, group=group))


@EACH
@pytest.mark.parametrize("name", ["env", ".jetfleet-new"])
def test_a_file_is_written_again(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / "etc" / "env"
    corrupt(path.with_name(name), kind)
    done = written(path)
    if (name, kind) == ("env", "full folder"):
        assert done.returncode == 1
        assert done.stderr == f"{path} is a folder: move it away, then run again\n"
        assert (path / "a file of a person").exists()
        return
    assert done.returncode == 0, done.stderr
    assert path.read_text() == "new\n"
    assert not path.is_symlink()
    assert [one.name for one in path.parent.iterdir()] == ["env"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "folder" not in kind])
def test_what_must_be_a_folder_is_named(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "etc"
    corrupt(folder, kind)
    done = written(folder / "jetfleet" / "cosmos" / "env")
    assert done.returncode == 1
    assert f"{folder} is not a folder: move it away, then run again" in done.stderr.splitlines()


@EACH
def test_a_survey_of_files_ends_and_sees_it(tmp_path: Path, kind: str) -> None:
    file = File(str(tmp_path / "x"), "right\n")
    corrupt(Path(file.path), kind)
    for options in (RunOptions(), RunOptions(diff=True)):
        done = sh(File.survey([file], options))
        found = File.read(done.stdout, [file])[file.key]
        assert file.compare(found, options), kind


def surveyed(resource: Resource, folder: Path, options: RunOptions) -> object:
    """What a survey reads of a resource on a board whose own state is in a folder."""
    script = type(resource).survey([resource], options)
    script = script.replace("/var/lib/jetfleet", str(folder)).replace("/run/jetfleet", str(folder))
    done = sh(script)
    return type(resource).read(done.stdout, [resource])[resource.key]


RECORD = Applied((("file:/x", "ab"),), ("m/1",), "c0ffee", (("file:/x", "cd"),))
ODD_RECORDS = [
    '{"resources": [], "models": "m/1", "commit": {"a": 1}, "states": null}',
    '{"models": [1, 2], "states": {"a": []}}',
    "[" * 100_000,
    '{"resources": ' + "9" * 5000 + "}",
    '{"schema": 1, "resources": {',
]


@EACH
def test_a_record_that_cannot_be_read_is_absent(tmp_path: Path, kind: str) -> None:
    corrupt(tmp_path / Path(APPLIED).name, kind)
    for resource in (RECORD, Leftovers("/no such folder", ("m/1",), prune=True)):
        found = surveyed(resource, tmp_path, RunOptions())
        assert bool(resource.compare(found, RunOptions())) is (resource is RECORD)


@pytest.mark.parametrize("text", ODD_RECORDS, ids=range(len(ODD_RECORDS)))
def test_an_odd_record_is_absent(tmp_path: Path, text: str) -> None:
    (tmp_path / Path(APPLIED).name).write_text(text)
    found = surveyed(RECORD, tmp_path, RunOptions())
    assert found == {}
    assert [change.have for change in RECORD.compare(found, RunOptions())] == ["nothing"]
    assert surveyed(Leftovers("/none", (), prune=True), tmp_path, RunOptions()).applied == set()


def test_a_record_of_a_newer_release_is_read_where_its_form_is_known(tmp_path: Path) -> None:
    text = '{"schema": 9, "models": ["a/1"], "resources": {"k": "h"}, "by": {"who": 1}}'
    (tmp_path / Path(APPLIED).name).write_text(text)
    found = surveyed(RECORD, tmp_path, RunOptions())
    assert found == {"models": ["a/1"], "resources": {"k": "h"}}
    leftovers = Leftovers("/none", (), prune=True)
    assert surveyed(leftovers, tmp_path, RunOptions()).applied == {"a/1"}


@EACH
def test_a_marker_that_cannot_be_read_is_absent(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "m/1"
    corrupt(folder / ".jetfleet", kind)
    (folder / "w").write_text("weights")
    model = Model("m", "1", "hf:a/b", str(tmp_path), (ModelFile("w", 7, "0" * 64),))
    done = sh(Model.survey([model], RunOptions()))
    found = Model.read(done.stdout, [model])[model.key]
    assert [one.have for one in model.compare(found, RunOptions())] == ["was never verified"]


@EACH
def test_what_a_service_was_started_with(tmp_path: Path, kind: str) -> None:
    """A survey ends, and the next start notes it again."""
    service = Service("cosmos", "h", reads=((f"{tmp_path}/x", "0" * 64),))
    started = tmp_path / "run/jetfleet/cosmos.started"
    corrupt(started, kind)
    script = Service.survey([service], RunOptions()).replace(STATE_DIR, str(started.parent))
    assert f"read {'0' * 64}" not in sh(script).stdout
    (tmp_path / "etc/jetfleet/cosmos").mkdir(parents=True)
    (tmp_path / "etc/jetfleet/cosmos/env").write_text("a=b\n")
    prestart.note("cosmos", f"{tmp_path}/")
    assert started.read_text().endswith(f"  {tmp_path}/etc/jetfleet/cosmos/env\n")
    assert [path.name for path in started.parent.iterdir()] == ["cosmos.started"]


@pytest.mark.parametrize("kind", ["empty", "fifo", "link"])
def test_the_folder_of_what_was_started(tmp_path: Path, kind: str) -> None:
    corrupt(tmp_path / "run/jetfleet", kind)
    prestart.note("cosmos", f"{tmp_path}/")
    assert (tmp_path / "run/jetfleet/cosmos.started").is_file()


def test_a_copy_of_daemon_json_is_never_a_reason_to_refuse() -> None:
    """A copy that is damaged has Docker started again, which makes a new one."""
    daemon = Daemon('{"debug": true}', "h")
    state = DaemonState(
        engine="27.5.1", raw_table=True, config='{"debug": true}', started_with="{rubbish",
        drop_in="h", active=True, enabled=True, stale_unit=False,
    )  # fmt: skip
    assert [one.attribute for one in daemon.compare(state, RunOptions())] == ["running"]


@EACH
def test_a_lock_that_is_no_file_holds_nobody(tmp_path: Path, kind: str) -> None:
    lock = tmp_path / "run/lock"
    for holder in (None, Holder("a test", "now")):
        corrupt(lock, kind)
        text = to_send("echo done", SECONDS, holder=holder, connected=False)
        done = sh(text.replace("/run/jetfleet", str(lock.parent)))
        assert "done" in done.stdout.splitlines(), done


@EACH
def test_a_seed_serves_beside_a_marker_that_is_damaged(tmp_path: Path, kind: str) -> None:
    digest = "ab" * 32
    (tmp_path / "whole/1").mkdir(parents=True)
    (tmp_path / "whole/1/w").write_text("weights")
    (tmp_path / "whole/1/.jetfleet").write_text(f"{{}}\n{digest} 7 100.5 w\n")
    corrupt(tmp_path / "damaged/1/.jetfleet", kind)
    corrupt(tmp_path / "odd", kind)
    assert seed.find(str(tmp_path), digest) == str(tmp_path / "whole/1/w")


@pytest.mark.parametrize(
    "line", ["{d}", "{d} 7", "{d} x 1 w", "{d} 7 1 \0w", "{d} -7 1 w", "{d}7 1 w"]
)
def test_a_line_of_a_marker_that_is_cut_off_gives_nothing(tmp_path: Path, line: str) -> None:
    digest = "ab" * 32
    (tmp_path / "m/1").mkdir(parents=True)
    (tmp_path / "m/1/w").write_text("weights")
    (tmp_path / "m/1/.jetfleet").write_text("{}\n" + line.format(d=digest) + "\n")
    assert seed.find(str(tmp_path), digest) is None


@pytest.mark.parametrize("kind", ["empty", "fifo", "link", "full folder"])
def test_a_removal_that_was_cut_off_is_repeated(tmp_path: Path, kind: str) -> None:
    (tmp_path / "m/1").mkdir(parents=True)
    corrupt(tmp_path / ".removing", kind)
    leftovers = Leftovers(str(tmp_path), (), prune=True)
    state = type(leftovers).read(f"size 1000\t{tmp_path}/m/1\n", [leftovers])[leftovers.key]
    changes = leftovers.compare(state, RunOptions())
    (step,) = leftovers.steps(state, changes, RunOptions(), None)  # type: ignore[arg-type]
    done = sh(step.script)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_table_names_every_folder_that_is_written() -> None:
    """A path below one of jetfleet's folders that the product writes has a row."""
    rows = [one.path for one in OWN]
    assert len(set(rows)) == len(rows)
    for folder in ("/etc/jetfleet", "/var/lib/jetfleet", STATE_DIR, "/usr/local/lib/jetfleet"):
        assert any(row.startswith(folder) for row in rows), folder
    assert all(one.content and one.until and one.written and one.damaged for one in OWN)
