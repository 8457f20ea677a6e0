"""Secrets: where they are, and that they are nowhere else, while a run goes on and afterwards."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.canaries import forms
from tests.support.lab import LLM, Lab, Spec, no_reboot
from tests.support.pyinfra import BIN, ROOT

HOST = "orin"
VARIABLE = "JETFLEET_TEST_SECRET"
SECRET = f"s3cret-{secrets.token_hex(16)}"
PLAIN = f"plain-{secrets.token_hex(16)}"
"""A value that is no secret: where it shows, the search would have found the other one too."""

ENV = "/etc/jetfleet/cosmos/env"
KEPT = "/var/lib/jetfleet/services/cosmos/ready.tar"
"""The settings that a rollback would put back, the secret of then among them."""

# What runs is looked at all the time, for what is in an argument list may be there for a moment.
WATCH = """
import os, sys, time
wanted = sys.stdin.read().split()
seen = set()
def look(path):
    try:
        with open(path, "rb") as file:
            text = file.read()
        name = open(path.rsplit("/", 1)[0] + "/comm").read().strip()
    except OSError:
        return
    for number, value in enumerate(wanted):
        if value.encode() in text:
            seen.add((number, path.rsplit("/", 1)[1], name))
while not os.path.exists("/run/watch-enough"):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and pid != str(os.getpid()):
            for what in ("cmdline", "environ"):
                look("/proc/" + pid + "/" + what)
for number, what, name in sorted(seen):
    print(number, what, name)
"""


@dataclass(frozen=True)
class Traces:
    """What a run at -vvv printed, what was seen in the processes of the board meanwhile."""

    output: str
    processes: set[tuple[str, str, str]]
    scratch: Path


def edit(spec: Spec) -> None:
    no_reboot(spec)
    env = {"TOKEN": {"env": VARIABLE}, "PLAIN": PLAIN}
    spec["hosts"][HOST]["services"] = {"cosmos": {"env": env}}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("secrets"), [HOST], edit)
    yield lab
    lab.down()


@pytest.fixture(scope="module")
def traces(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Traces:
    """Apply from bare, with everything printed and recorded that pyinfra and jetfleet can."""
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "tmp").mkdir()
    enter = ["nsenter", "--target", str(lab.fleet.hosts[HOST].pid), "--all", "--root", "--wd"]
    watch = subprocess.Popen(
        [*enter, "/usr/bin/python3", "-c", WATCH],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watch.stdin is not None
    assert watch.stdout is not None
    wanted = [(name, form) for name, value in named(lab).items() for form in forms(value)]
    watch.stdin.write("\n".join(form for _, form in wanted))
    watch.stdin.close()
    run = subprocess.run(
        [str(BIN / "pyinfra"), "-vvv", "--debug", "-y", "--diff", str(lab.inventory), LLM],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            VARIABLE: SECRET,
            "TMPDIR": str(scratch / "tmp"),
            "JETFLEET_RUN": str(scratch / "run"),
        },
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    lab.sh(HOST, "touch /run/watch-enough")
    seen = {
        (wanted[int(number)][0], what, name)
        for number, what, name in (line.split(" ", 2) for line in watch.stdout.read().splitlines())
    }
    assert watch.wait(30) == 0
    assert run.returncode == 0, run.stdout[-3000:]
    return Traces(run.stdout, seen, scratch)


def named(lab: Lab) -> dict[str, str]:
    return {"key": lab.ngc_key, "secret": SECRET, "plain": PLAIN}


def found_on(lab: Lab, value: str) -> set[str]:
    """Every file of a board, of any of its filesystems, that holds a value in any form."""
    patterns = " ".join(f"-e {form}" for form in forms(value))
    mounts = "findmnt -rno TARGET -t overlay,tmpfs,ext4 | grep -v -e ^/proc -e ^/sys -e /overlay2/"
    out = lab.sh(
        HOST,
        f"{mounts} | sort -u | while read -r at; do "
        f'find "$at" -xdev -type f -exec grep -laF {patterns} {{}} + ; done; '
        f"journalctl -q --no-pager -o export | grep -qaF {patterns} && echo journal; true",
    )
    return set(out.split("\n")) - {""}


def test_the_search_finds_what_is_there(lab: Lab, traces: Traces) -> None:
    assert ENV in found_on(lab, PLAIN)
    assert {"cmdline", "environ"} & {what for name, what, _ in traces.processes if name == "plain"}


def test_the_hubs_key_never_reaches_the_board(lab: Lab, traces: Traces) -> None:
    assert found_on(lab, lab.ngc_key) == set()
    assert {seen for seen in traces.processes if seen[0] == "key"} == set()


def test_a_services_secret_is_in_its_file_and_its_container_alone(lab: Lab, traces: Traces) -> None:
    found = found_on(lab, SECRET)
    assert ENV in found
    assert lab.sh(HOST, f"stat -c '%a %U %G' {ENV} {KEPT}") == "600 root root\n" * 2
    container = lab.sh(HOST, "docker inspect -f '{{.Id}}' cosmos").strip()
    # The engine's own records of the container's environment, which only root can read.
    records = (container, "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db", KEPT)
    others = {path for path in found - {ENV} if not any(record in path for record in records)}
    assert others == set()
    for path in found - {ENV}:
        assert not lab.holds(HOST, f"su nobody -s /bin/sh -c 'head -c 1 {path}'"), path
    seen = {(what, name) for about, what, name in traces.processes if about == "secret"}
    assert {what for what, _ in seen} <= {"environ"}
    assert all(re.match(r"(python|vllm|nvidia|sh$|runc)", name) for _, name in seen), seen
    assert f"TOKEN={SECRET}" in lab.sh(HOST, "docker exec cosmos env").splitlines()


def test_nothing_of_a_secret_is_printed_or_kept_here(lab: Lab, traces: Traces) -> None:
    assert len(traces.output) > 10_000
    kept = [path for path in traces.scratch.rglob("*") if path.is_file()]
    assert any(path.suffix == ".jsonl" for path in kept)
    written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in kept)
    for name in ("key", "secret"):
        for form in forms(named(lab)[name]):
            assert form not in traces.output, name
            assert form not in written, name
    assert not list((traces.scratch / "tmp").iterdir())
    beside = "".join(path.read_text() for path in lab.spec.parent.iterdir() if path.is_file())
    assert SECRET not in beside


def test_another_secret_is_a_change_without_its_text(lab: Lab, traces: Traces) -> None:
    del traces
    other = f"an0ther-{secrets.token_hex(16)}"
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(VARIABLE, other)
        dry = lab.dry("--diff")
        plan = {row["name"] for row in dry.report["plan"] if row["hosts_with_change"]}
        record = "record | Record what was applied (/var/lib/jetfleet/applied.json)"
        assert plan == {f"serving | Write {ENV}", "serving | Serve cosmos", record}
        # A short secret could be guessed by the hash of its file: the record is for root alone.
        mode = lab.sh(HOST, "stat -c '%a %U' /var/lib/jetfleet/applied.json").strip()
        assert mode == "600 root"
        assert f"{ENV} has other content (content: *** -> ***)" in dry.log
        for value in (other, SECRET):
            assert value not in dry.log + json.dumps(dry.report)
        lab.converge()
        assert lab.sh(HOST, "docker exec cosmos env").splitlines().count(f"TOKEN={other}") == 1
        assert lab.plan() == {}
    assert SECRET not in lab.sh(HOST, f"cat {ENV}")
