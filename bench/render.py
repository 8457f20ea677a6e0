"""validate, render and diff of a large spec, as a person calls them: seconds and memory.

`python -m bench.render`: needs neither root nor network.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
COMMAND = str(Path(sys.executable).with_name("jetfleet"))
HOSTS, CHECKED, ROUNDS = 200, 100, 5
BOARDS = (
    ("agx-thor", "ample-memory"),
    ("agx-orin", "ample-memory"),
    ("orin-nano-super", "scarce-memory"),
)


def spec_of(count: int) -> str:
    """Return the example spec with `count` hosts, every fifth with settings of its own."""
    head = (ROOT / "tests/data/fleet.yaml").read_text(encoding="utf-8").partition("\nhosts:\n")[0]
    lines = [head, "hosts:"]
    for number in range(count):
        board, group = BOARDS[number % len(BOARDS)]
        lines += [
            f"  host-{number:03}:",
            f"    description: board {number} of the bench",
            f"    board: {board}",
            f"    groups: [{group}]",
            f"    address: 10.0.{number // 250}.{number % 250 + 1}",
        ]
        if number % 5 == 0:
            lines += ["    services:", "      cosmos:", f"        flags: {{seed: {number}}}"]
    return "\n".join(lines) + "\n"


def run(folder: Path, *words: str, status: int = 0) -> tuple[float, float, float]:
    """Return the seconds, those of a processor, and the MB at most that a `jetfleet` took."""
    begun = time.monotonic()
    child = subprocess.Popen([COMMAND, *words], cwd=folder, stdout=subprocess.DEVNULL)
    _, ended, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(ended)
    if child.returncode != status:
        sys.exit(f"jetfleet {' '.join(words)} ended with {child.returncode}, not {status}")
    seconds = time.monotonic() - begun
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    subprocess.run(["git", *who, "-C", str(folder), *words], check=True)


def fleet(folder: Path) -> None:
    """Lay out a repository with a large spec, its lock, and a change in the working tree."""
    (folder / "deploys").mkdir()
    (folder / "deploys/llm.py").write_text((ROOT / "deploys/llm.py").read_text(encoding="utf-8"))
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    for name, count in (("fleet", HOSTS), ("hundred", CHECKED)):
        (folder / f"{name}.yaml").write_text(spec_of(count), encoding="utf-8")
        (folder / f"{name}.lock.yaml").write_text(lock, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "bench")
    spec = folder / "fleet.yaml"
    changed = spec.read_text(encoding="utf-8").replace("max-model-len: 8192", "max-model-len: 4096")
    spec.write_text(changed, encoding="utf-8")


def main() -> None:
    """Print the median and the spread of each; the rounds alternate."""
    commands: dict[str, tuple[tuple[str, ...], int]] = {
        f"validate, {CHECKED} hosts": (("validate", "hundred.yaml"), 0),
        f"render, {HOSTS} hosts": (("render", "fleet.yaml", "-o", "rendered"), 0),
        f"diff, {HOSTS} hosts": (("diff", "fleet.yaml"), 2),
    }
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fleet(folder)
        for _ in range(ROUNDS):
            for name, (words, status) in commands.items():
                taken[name].append(run(folder, *words, status=status))
    for name, rounds in taken.items():
        seconds, processor, memory = zip(*rounds, strict=True)
        print(
            f"{name}: {median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
            f"of a processor {median(processor):.2f} s, {max(memory):.0f} MB at most"
        )
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
