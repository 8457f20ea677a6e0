"""What each command costs before it does anything: time, and the modules that it imports.

`python -m bench.startup`: needs neither root nor network, and takes a minute. Ratios are to
``python -c pass``. ``python -m bench.startup MODULE`` prints what the import of a module costs by
package, in place of the table.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from bench.farm.spec import ROOT
from bench.page import write
from bench.taken import BIN, Taken, Way, environ_of, in_rounds

ROUNDS = 11
LIMIT = 0.15
"""Seconds that the list of commands and a shell's completion may take."""

FLOOR = "python -c pass"
SPEC = "inventory/lab.yaml"
MOST = 25


def main() -> None:
    """Print a table in Markdown, and write it to docs/performance.md; or one of a module."""
    if sys.argv[1:]:
        for line in imported(sys.argv[1]):
            print(line)
        return
    compiled()
    table = []
    for line in lines(in_rounds(ways(), ROUNDS)):
        print(line, flush=True)
        table.append(line)
    write("bench.startup", table)


def compiled() -> None:
    """Compile all modules, as an installation does."""
    folders = ("jetfleet", "roles", "deploys", "bench")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], cwd=ROOT, check=True)


def ways() -> Mapping[str, Way]:
    """Return the commands, by the words that a person types."""
    python, jetfleet = sys.executable, str(BIN / "jetfleet")
    return {
        FLOOR: Way((python, "-c", "pass")),
        "jetfleet --help": Way((jetfleet, "--help")),
        "jetfleet <TAB>": completion("jetfleet "),
        "jetfleet pl<TAB>": completion("jetfleet pl"),
        "jetfleet plan --<TAB>": completion("jetfleet plan --"),
        "jetfleet plan --help": Way((jetfleet, "plan", "--help")),
        "jetfleet validate": Way((jetfleet, "validate", SPEC)),
        "import pyinfra": Way((python, "-c", "import pyinfra_cli.main")),
        "pyinfra --help": Way((str(BIN / "pyinfra"), "--help")),
        "import of an inventory": Way(
            (python, "-c", "import pyinfra_cli.main, jetfleet.inventory, jetfleet.converge.deploy")
        ),
    }


def completion(words: str) -> Way:
    """Return the question of a shell how the last word can be completed."""
    environ = {
        "_JETFLEET_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    return Way((str(BIN / "jetfleet"),), environ=environ)


def lines(taken: Mapping[str, Taken]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| command | wall, s | processor, s | x python, wall | x python, processor | modules |"
    yield "|---|---|---|---|---|---|"
    of = ways()
    for name, (wall, processor) in taken.items():
        ratios = wall / taken[FLOOR].wall, processor / taken[FLOOR].processor
        shown = name.replace("<", "&lt;").replace(">", "&gt;")
        yield (
            f"| {shown} | {wall:.3f} | {processor:.3f} | {ratios[0]:.1f} | {ratios[1]:.1f} "
            f"| {len(modules(of[name]))} |"
        )
    late = [n for n in ("jetfleet --help", "jetfleet pl<TAB>") if taken[n].wall > LIMIT]
    if late:
        print(f"over {LIMIT} s: {', '.join(late)}", file=sys.stderr)


def modules(way: Way) -> Mapping[str, int]:
    """Return the microseconds that each imported module of a command took by itself."""
    command = [*way.command] if way.command[0] == sys.executable else [sys.executable, *way.command]
    done = subprocess.run(
        [command[0], "-X", "importtime", *command[1:]],
        cwd=way.folder, env=environ_of(way), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE)
    return {name: int(taken) for taken, name in found}


def imported(module: str) -> Iterator[str]:
    """Yield what the import of a module costs, by package, the most expensive first."""
    found = modules(Way((sys.executable, "-c", f"import {module}")))
    packages: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for name, taken in found.items():
        parts = name.split(".")
        package = ".".join(parts[: 2 if parts[0] == "jetfleet" else 1])
        packages[package] += taken
        numbers[package] += 1
    yield f"{sum(packages.values()) / 1000:8.1f} ms  {len(found):4} modules"
    for package, taken in packages.most_common(MOST):
        yield f"{taken / 1000:8.1f} ms  {numbers[package]:4} of {package}"


if __name__ == "__main__":
    main()
