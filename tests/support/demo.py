"""`make demo`: the commands of the README, run and shown one after another."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.support.pyinfra import changes_of

BIN = Path(sys.executable).parent
APPLY = "pyinfra -y inventory/lab.py deploys/llm.py --data reboot=allow"


def show(command: str) -> None:
    """Run a command as a person would, with its output on this terminal."""
    print(f"\n\033[1m$ {command}\033[0m" if sys.stdout.isatty() else f"\n$ {command}", flush=True)
    environ = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    if subprocess.run(shlex.split(command), env=environ, check=False).returncode:
        sys.exit(f"`{command}` failed; `jetfleet twin logs` shows a twin's console")


def main(spec: str) -> None:
    """Boot, apply, ask, apply again; end with an error if the second apply changed anything."""
    show(f"jetfleet twin up {spec}")
    show(APPLY)
    show("pyinfra -y inventory/lab.py deploys/verify.py")
    print("\nA second apply finds nothing to do:", flush=True)
    show(APPLY)
    left = changes_of(Path(spec).with_suffix(".py"), "deploys/llm.py")
    if left:
        sys.exit(f"but a plan still has changes: {left}")
    print(f"\nThe twins stay up until `jetfleet twin down {spec}` (or `make clean`).")


if __name__ == "__main__":
    main(sys.argv[1])
