"""The `jetfleet` command as a person calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.cli import ROOT, run


def test_the_example_is_valid() -> None:
    done = run("validate", "inventory/lab.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "inventory/lab.yaml: 5 hosts, no errors"
    # What is said of several hosts is one line.
    assert any(
        line.startswith("thor, orin, orin-triton, nano, nano-ollama (5 hosts):") for line in lines
    )
    assert any(line.startswith("nano: cosmos: waived: trust-remote-code: ") for line in lines)
    memory = [line for line in lines if ": memory: " in line]
    assert [line.partition(":")[0] for line in memory] == [
        "thor", "orin", "orin-triton", "nano", "nano-ollama",
    ]  # fmt: skip
    assert "(89%, danger): system 1.3 GiB; cosmos: 5.3 GiB" in memory[3]


def test_errors_of_all_specs_are_printed(tmp_path: Path) -> None:
    text = (ROOT / "inventory/lab.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("mode: MAXN_SUPER", "mode: 120W"), encoding="utf-8")
    done = run("validate", str(wrong), "inventory/lab.yaml", str(tmp_path / "none.yaml"))
    assert done.returncode == 1
    line = text[: text.index("mode: MAXN_SUPER")].count("\n") + 1
    assert done.stderr.startswith(f"{wrong}:{line}:")
    assert "120W" in done.stderr
    assert "none.yaml" in done.stderr
    assert "no errors" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_run_without_a_lock_says_what_to_do(tmp_path: Path) -> None:
    for name in ("lab.yaml", "lab.py"):
        text = (ROOT / "inventory" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    pyinfra = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run(
        [str(pyinfra), str(tmp_path / "lab.py"), "deploys/llm.py", "--dry"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the model cosmos-reason2-2b is not locked" in done.stderr
    assert f"Run `jetfleet lock {tmp_path / 'lab.yaml'}`" in done.stderr
    assert "Connecting" not in done.stderr
    assert "Traceback" not in done.stderr
