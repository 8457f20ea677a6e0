"""The survey of units, run by the real shell with a `systemctl` that answers as systemd does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.adopt import units

SYSTEMCTL = r"""#!/bin/sh
# As systemd 249: it ends at a name that is not one of a unit, and prints nothing of later ones.
case $1 in
  list-units)
    for last; do :; done
    [ "$last" != 'compose@*.service' ] || echo 'compose@llm.service loaded active running x' ;;
  list-unit-files)
    for last; do :; done
    [ "$last" != 'compose@*.service' ] || printf '%s\n' 'compose@.service indirect enabled' \
      'compose@boot.service enabled enabled' ;;
  show)
    shift 3
    [ "$1" != -- ] || shift
    for unit; do
      case $unit in
        *@.*|broken.service)
          echo "Unit name $unit is neither a valid invocation ID nor unit name." >&2; exit 1 ;;
      esac
      printf 'Id=%s\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n' "$unit"
      printf 'ExecStart={ path=%s ; argv[]=%s ; ignore_errors=no ; pid=0 }\n\n' "$BIN" "$BIN x"
    done ;;
esac
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    (tmp_path / "units").mkdir()
    return tmp_path


def read(board: Path, *names: str) -> units.Units:
    for name in names:
        (board / "units" / name).write_text("[Unit]\n")
    script = board / "start.sh"
    script.write_text(
        "#!/bin/sh\n# docker ps\nexec docker run \\\n  --rm --name vllm -e HF_TOKEN=canary_1 i\n"
    )
    done = subprocess.run(
        ["sh"],
        input=units.survey(str(board / "units"), f"{board}/lib/*.service"),
        env={**os.environ, "PATH": f"{board / 'bin'}:{os.environ['PATH']}", "BIN": str(script)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "canary" not in done.stdout
    return units.read(done.stdout)


def test_a_template_hides_no_other_unit_and_its_instances_are_shown(board: Path) -> None:
    found = read(board, "a.service", "compose@.service", "idle@.service", "ollama.service")
    assert [shown["Id"] for shown in found.shown] == [
        "a.service", "compose@llm.service", "compose@boot.service", "ollama.service",
    ]  # fmt: skip
    assert found.idle == ["idle@.service"]
    assert found.unread == []


def test_a_unit_that_cannot_be_shown_is_named_and_hides_no_other(board: Path) -> None:
    found = read(board, "a.service", "broken.service", "ollama.service")
    assert [shown["Id"] for shown in found.shown] == ["a.service", "ollama.service"]
    assert found.unread == ["broken.service"]


def test_a_link_to_a_unit_of_a_package_is_left_out_and_another_is_shown(board: Path) -> None:
    own = board / "mine.service"
    own.write_text("[Unit]\n")
    (board / "units/mine.service").symlink_to(own)
    (board / "units/masked.service").symlink_to("/dev/null")
    (board / "units/alias.service").symlink_to(board / "units/a.service")
    found = read(board, "a.service")
    assert [shown["Id"] for shown in found.shown] == ["a.service", "mine.service"]


def test_the_script_of_a_unit_shows_the_container_that_it_starts(board: Path) -> None:
    script, _, line = read(board, "a.service").lines["a.service"]
    assert script == f"#! {board}/start.sh"
    assert "docker run" in line
    assert "--name vllm" in line


def test_of_the_units_of_packages_those_that_start_containers_are_shown(board: Path) -> None:
    (board / "lib").mkdir()
    for name, command in {
        "own.service": "/usr/bin/docker run --name vllm i",
        "docker.service": "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock",
        "other.service": "/usr/bin/start up",
    }.items():
        (board / "lib" / name).write_text(f"[Service]\nExecStart={command}\n")
    found = read(board, "a.service")
    assert [shown["Id"] for shown in found.shown] == ["a.service", "own.service"]
