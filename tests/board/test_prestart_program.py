"""What is done before a service starts, by the program that the boards run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jetfleet.board import prestart, program


def start(
    folder: Path,
    *arguments: str,
    folders: list[Path],
    container: bool = True,
    engine: bool = False,
) -> tuple[int, str, str]:
    """Run the program for a service called cosmos; return status, errors, and calls of docker.

    `engine` is whether Docker runs, by the file that shows it.
    """
    path = folder / "etc/jetfleet/cosmos/ready.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"folders": list(map(str, folders)), "container": container}))
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "docker").write_text(f'#!/bin/sh\necho "$@" >> {folder}/docker.log; echo no; exit 1\n')
    (bin_ / "port").write_text("#!/bin/sh\necho 'port 1 is taken' >&2; exit 1\n")
    runs = folder / "docker.pid"
    if engine:
        runs.touch()
    text = program("prestart.py")
    assert text.count(f'"{prestart.ENGINE}"') == 1
    (bin_ / "prestart").write_text(text.replace(prestart.ENGINE, str(runs)))
    for one in bin_.iterdir():
        one.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(bin_ / "prestart"), str(path), *arguments],
        env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stdout
    log = folder / "docker.log"
    return done.returncode, done.stderr.strip(), log.read_text() if log.exists() else ""


def test_a_model_that_is_not_complete_ends_the_start(tmp_path: Path) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    for folder in (whole, half):
        folder.mkdir()
    (whole / ".jetfleet").touch()
    status, said, docker = start(tmp_path, folders=[whole, half])
    assert status == 1
    assert said == f"the model in {half} is not complete: run the deploy again"
    assert docker == "", "nothing is touched before that"


def test_a_port_that_is_taken_ends_the_start_once_the_old_container_is_gone(tmp_path: Path) -> None:
    status, said, docker = start(tmp_path, folders=[])
    assert (status, said) == (1, "port 1 is taken")
    assert docker == "rm -f cosmos\n"


def test_the_container_is_removed_after_its_files_are(tmp_path: Path) -> None:
    start(tmp_path, folders=[])
    (tmp_path / "docker.log").unlink()
    path = tmp_path / "etc/jetfleet/cosmos/ready.json"
    path.unlink()
    subprocess.run(
        [sys.executable, str(tmp_path / "bin/prestart"), str(path), "--remove"],
        env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
        check=True,
    )
    assert (tmp_path / "docker.log").read_text() == "rm -f cosmos\n"


@pytest.mark.parametrize(("engine", "asked"), [(False, ""), (True, "rm -f cosmos\n")])
def test_an_engine_that_does_not_run_is_not_started_to_ask(
    tmp_path: Path, *, engine: bool, asked: str
) -> None:
    status, _, docker = start(tmp_path, folders=[], container=False, engine=engine)
    assert (status, docker) == (1, asked)


def test_what_it_starts_with_is_noted_as_sha256sum_reads_it(tmp_path: Path) -> None:
    unit = tmp_path / "etc/systemd/system/jetfleet-cosmos.service"
    deep = tmp_path / "etc/jetfleet/cosmos/repository/a b/config.pbtxt"
    for path in (unit, deep):
        path.parent.mkdir(parents=True)
        path.write_text(path.name)
    (deep.parent / "link").symlink_to("/etc/passwd")
    prestart.note("cosmos", f"{tmp_path}/")
    noted = tmp_path / "run/jetfleet/cosmos.started"
    assert len(noted.read_text().splitlines()) == 2
    check = ["sha256sum", "-c", "--status", "--strict", str(noted)]
    assert subprocess.run(check, check=False).returncode == 0
    deep.write_text("changed")
    assert subprocess.run(check, check=False).returncode == 1
