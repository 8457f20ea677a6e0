"""shellcheck over every shell script: the files of the repository, and those that jetfleet makes.

https://www.shellcheck.net/wiki explains each code.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from pathlib import Path

from jetfleet.adopt import read as adopt
from jetfleet.bench import steps as bench
from jetfleet.resources import KINDS, RunOptions
from jetfleet.status.readings import status_script
from jetfleet.steps import LinkResolver, Refused, Run, StepFailed, Watch
from jetfleet.survey import survey
from tests.support.bench_runs import LOW, QWEN
from tests.support.cases import CASES, Case, links, result
from tests.support.rendered import HOSTS, ROOT, lab, lab_rendered

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
SHEBANG = re.compile(r"#!/bin/(ba|da)?sh\b")

WANTED = {
    "SC2043": "a loop over the members of a kind has one round where there is one member",
    "SC2016": "text for another program is quoted; nothing in it is for this shell",
}
"""What may stand in a script that is made, and why; a file of the repository has its own lines."""

MADE = ("--shell=sh", f"--exclude={','.join(WANTED)}")


def check(scripts: Iterable[tuple[str, str]], folder: Path, *options: str) -> list[str]:
    """Return what shellcheck says of scripts, each with its name."""
    names = {}
    for name, text in scripts:
        path = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        path.write_text(text, encoding="utf-8")
        names[path.name] = name
    paths = sorted(names)
    parts = [paths[place::4] for place in range(4)]

    def run(part: list[str]) -> str:
        command = [str(SHELLCHECK), "--format=gcc", "--norc", *options, "--", *part]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    with ThreadPoolExecutor(2) as pool:
        lines = "".join(pool.map(run, filter(None, parts))).splitlines()
    print(f"{len(names)} scripts")
    return [f"{names[line.partition(':')[0]]}: {line.partition(':')[2]}" for line in lines]


MADE_FILES = {"snapshots", ".j2"}
"""Files of the repository that are checked as they land on a host."""


def of_the_repository() -> Iterator[Path]:
    """Yield every file that git knows and that is a shell script."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and not MADE_FILES & {*path.parts, path.suffix}:
            with path.open("rb") as file:
                if SHEBANG.match(file.read(20).decode(errors="replace")):
                    yield path


def test_files(tmp_path: Path) -> None:
    paths = list(of_the_repository())
    assert {path.name for path in paths} >= {"run", "bootstrap.sh", "customize.sh", "clocks.sh"}
    scripts = [(str(path.relative_to(ROOT)), path.read_text()) for path in paths]
    assert check(scripts, tmp_path) == []


def readings() -> Iterator[tuple[str, str]]:
    """Yield the scripts that only read: surveys, and the questions of the commands."""
    for host in HOSTS:
        resources = lab().resources(host).values()
        everything = RunOptions(deep=True, diff=True, prune=True)
        yield f"survey of {host}", survey.script(resources, everything)
        # A kind's section is the same whatever the others are, and most depend on no option.
        for kind, chosen in product(KINDS, product((False, True), repeat=3)):
            members = [one for one in resources if type(one) is kind]
            options = RunOptions(deep=chosen[0], diff=chosen[1], prune=chosen[2])
            yield f"survey of {kind.kind} on {host}", survey.script(members, options)
    for case in CASES:
        yield f"survey of {case.resource.kind}", survey.script([case.resource], case.options)
    yield "adopt", adopt.script()
    yield "status", status_script(["cosmos"], ["/", "/mnt/nvme"])
    yield "bench: what it runs on", bench.about(QWEN)


def changes() -> Iterator[tuple[str, str]]:
    """Yield the scripts of all steps of all cases, and of a benchmark."""
    for case in CASES:
        yield from ((case.name, script) for script in steps(case))
    yield "bench: the end of an earlier one", bench.end_earlier(QWEN)
    yield "bench", bench._script(QWEN, [LOW], 3, "2025-10-04T00-00-00Z")


def steps(case: Case) -> Iterator[str]:
    """Yield the scripts of a case's steps, and those that they write and start as a unit."""
    with suppress(Refused, StepFailed, StopIteration):
        found = case.resource.compare(case.actual, case.options)
        if not found:
            return
        answers = iter(case.written.get("answers", ()))
        taken = case.resource.steps(case.actual, found, case.options, LinkResolver(links))
        step = next(taken)
        while True:
            if isinstance(step, (Run, Watch)):
                yield step.script
                yield from written(step.script)
            step = taken.send(result(step, next(answers, "")))


def written(script: str) -> Iterator[str]:
    """Yield the scripts among the files that a script writes, which are in the jobs of programs."""
    for line in script.splitlines():
        if line.startswith('{"modules"'):
            text = json.loads(line)["job"].get("text") or ""
            if text.startswith('rm -f -- "$0"'):
                yield text


def test_readings(tmp_path: Path) -> None:
    assert check(readings(), tmp_path, *MADE) == []


def test_changes(tmp_path: Path) -> None:
    scripts = list(changes())
    assert any("aria2c" in script for _, script in scripts), "what a unit runs is looked at too"
    assert check(scripts, tmp_path, *MADE) == []


def test_files_that_land_on_a_host(tmp_path: Path) -> None:
    scripts = [
        (f"{host}{path}", text)
        for host in HOSTS
        for path, text in lab_rendered()[host].files.items()
        if SHEBANG.match(text)
    ]
    assert check(scripts, tmp_path, *MADE) == []


def test_a_mistake_is_seen(tmp_path: Path) -> None:
    assert "SC2086" in check([("one", "rm -- $1\n")], tmp_path, *MADE)[0]
