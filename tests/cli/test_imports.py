"""What an import loads: a check nothing that connects, a role nothing that acts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from jetfleet.run.started import pyinfra
from tests.support.cli import ROOT

LAB = ROOT / "inventory" / "lab.yaml"


def test_a_check_loads_nothing_that_connects() -> None:
    code = (
        "import sys; from jetfleet.validate import load_checked; load_checked(sys.argv[1]); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(LAB)], check=True, capture_output=True, text=True
    )
    loaded = set(run.stdout.split())
    assert not loaded & {"pyinfra", "paramiko", "gevent", "requests", "hypothesis"}


def test_a_role_does_nothing_on_import() -> None:
    names = [path.parent.name for path in (ROOT / "roles").glob("*/__init__.py")]
    code = "import " + ", ".join(f"jetfleet.roles.{name}" for name in names)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def loaded(*arguments: str) -> set[str]:
    """Return the names of all modules that a process has imported after a command."""
    code = (
        "import sys; from jetfleet.cli import _status; _status(); "
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


SLOW = {"pyinfra", "paramiko", "gevent", "requests", "cryptography", "jinja2"}


def test_a_command_loads_only_what_it_needs() -> None:
    # The roles of the deploy check their settings, and templates are part of roles.
    assert not loaded("validate", "inventory/lab.yaml") & (SLOW - {"jinja2"})
    assert not loaded("schema") & SLOW


def test_help_loads_no_command_and_no_library_of_one() -> None:
    names = loaded("--help")
    assert not names & {*SLOW, "rich", "rich.console", "pydantic", "ruamel.yaml", "platformdirs"}
    small = re.compile(r"jetfleet\.((redaction|text)(\.|$)|board(\.(foreign_json|printable))?$)")
    assert {n for n in names if n.startswith("jetfleet.") and not small.match(n)} == {
        "jetfleet.cli", "jetfleet.cli.commands", "jetfleet.cli.echo", "jetfleet.cli.exit_codes",
        "jetfleet.cli.output", "jetfleet.defect", "jetfleet.environment", "jetfleet.errors",
        "jetfleet.garbage", "jetfleet.late_import",
    }  # fmt: skip


def complete(words: str) -> set[str]:
    """Return the modules that a shell's question loads: how the last word can be completed."""
    environ = {
        **os.environ,
        "_JETFLEET_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "from jetfleet.cli import main; sys.argv = ['jetfleet']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()
    return set(done.stderr.split())


def test_the_names_of_commands_are_completed_without_any_command() -> None:
    names = complete("jetfleet ")
    assert not names & {*SLOW, "rich", "pydantic", "ruamel.yaml", "platformdirs"}
    assert not {f"jetfleet.cli.{name}" for name in ("plan", "apply", "lock", "twin")} & names


def test_the_options_of_a_command_are_completed_without_its_work() -> None:
    names = complete("jetfleet plan --d")
    assert not names & {*SLOW, "rich", "pydantic", "ruamel.yaml"}


def test_a_plan_loads_nothing_that_connects_beside_its_run(tmp_path: Path) -> None:
    # The process that connects is another one.
    for name, copy in (("fleet.yaml", "fleet.yaml"), ("lock.yaml", "fleet.lock.yaml")):
        (tmp_path / copy).write_bytes((ROOT / "tests/data" / name).read_bytes())
    code = (
        "import sys; from pathlib import Path; from jetfleet.plan.known import Known; "
        "Known.of(Path(sys.argv[1]), Path('deploys/llm.py')); print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "fleet.yaml")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = set(done.stdout.split())
    assert {"jetfleet.fleet.fleet", "jetfleet.roles.models"} <= names
    assert not names & {*SLOW - {"jinja2"}, "http.client", "ssl"}


def test_an_inventory_loads_no_client_for_the_web() -> None:
    code = "import sys, jetfleet.inventory, jetfleet.converge.deploy; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(done.stdout.split())
    assert "jetfleet.fleet.fleet" in names
    assert not names & {"requests", "urllib3", "http.client"}
    assert not names & {"jetfleet.bundle.index", "jetfleet.hubs.resolve"}


def test_pyinfra_is_started_without_a_program_runner(tmp_path: Path) -> None:
    # A file of this name in the current folder is no module of Python.
    (tmp_path / "queue.py").write_text("raise SystemExit('canary')\n")
    done = subprocess.run(
        [*pyinfra(), "--help"], env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "pyinfra manages the state of one or more servers" in done.stdout
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {"paramiko.config", "pyinfra_cli.cli"} <= names
    assert not {name for name in names if name.split(".")[0] == "invoke"}


def test_an_ssh_configuration_can_still_ask_a_program() -> None:
    code = (
        "from jetfleet.late_import import import_ssh_late; import_ssh_late(); import paramiko; "
        "text = 'Match exec true\\n User canary\\n'; "
        "print(paramiko.SSHConfig.from_text(text).lookup('host')['user'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "canary\n"
