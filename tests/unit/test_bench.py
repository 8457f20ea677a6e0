"""Benchmarks: source 003's own commands and figures, and what is refused before a load begins."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.bench.load import LOADS, loads_of
from jetfleet.bench.result import Run, load_runs, run_of
from jetfleet.bench.table import compare, markdown
from jetfleet.bench.target import About, Target, target_of
from jetfleet.errors import FleetError
from jetfleet.resources import Refused, Result, Watch
from jetfleet.resources import Run as RunStep
from tests.support.rendered import ROOT, lab

HIGH, LOW = loads_of(["loads"])
QWEN = Target(
    service="qwen",
    executable=("vllm",),
    url="http://localhost:8000",
    model="qwen3",
    tokenizer="/models/Qwen/Qwen3-8B",
    folder="/mnt/nvme/models/qwen/1",
)
SOURCE = """vllm bench serve --base-url http://localhost:8000 --model qwen3
    --tokenizer /models/Qwen/Qwen3-8B --dataset-name random --random-input-len {}
    --random-output-len {} --num-prompts {}"""


@pytest.mark.parametrize(
    ("name", "shape", "more"),
    [
        ("high", (2048, 128, 100), "--max-concurrency 8"),
        ("low", (2048, 128, 10), "--max-concurrency 1"),
        ("warm-up", (1024, 128, 100), ""),
        ("conversation", (128, 64, 1000), ""),
        ("throughput", (256, 512, 1000), ""),
        ("long-context", (1024, 128, 1000), ""),
    ],
)
def test_the_commands_are_those_of_source_003(
    name: str, shape: tuple[int, int, int], more: str
) -> None:
    (load,) = loads_of([name])
    command = QWEN.command(load)
    own = command.index("--disable-tqdm")
    assert command[:own] == shlex.split(f"{SOURCE.format(*shape)} {more}")
    assert "--save-result" in command[own:]


def test_loads_by_name_and_by_group() -> None:
    assert loads_of(["all"]) == LOADS
    assert [load.name for load in loads_of(["low", "loads"])] == ["low", "high"]
    with pytest.raises(FleetError, match="hihg is no load: name one or more of high, low"):
        loads_of(["hihg"])


def test_a_load_that_does_not_fit_the_context_is_left_out() -> None:
    assert replace(QWEN, context=2176).fitting(LOADS) == LOADS
    small = replace(QWEN, context=2175).fitting(LOADS)
    assert [load.name for load in small] == [
        "warm-up", "conversation", "throughput", "long-context"
    ]  # fmt: skip
    assert replace(QWEN, context=256).fitting([HIGH, LOW]) == ()


def test_the_target_is_what_the_spec_serves() -> None:
    wanted = lab()
    given = wanted.fleet.role_input("nano")
    (service,) = (s for s in given.host.services if s.name == "cosmos")
    target = target_of(given, service)
    assert (target.context, target.trust_remote_code) == (256, True)
    assert target.url == "http://127.0.0.1:8000"
    assert target.tokenizer == "/models/cosmos-reason2-2b"
    assert "--trust-remote-code" in target.command(HIGH)


ABOUT = About(
    readings={
        "release": "# R38 (release), REVISION: 2.0, GCID: 1",
        "power_mode": "MAXN",
        "clocks": {"locked": True},
        "temperatures": {"gpu-thermal": 61.5, "cpu-thermal": 50.0},
        "throttling": [],
    },
    image="nvcr.io/nvidia/vllm:25.09-py3",
    digest="sha256:" + "a" * 64,
    mounts={QWEN.tokenizer: QWEN.folder},
)


def test_another_model_than_the_specs_is_not_measured() -> None:
    QWEN.check(ABOUT)
    for mounts in ({}, {QWEN.tokenizer: "/mnt/nvme/models/qwen/2"}):
        with pytest.raises(Refused, match=r"apply the spec first"):
            QWEN.check(replace(ABOUT, mounts=mounts))


def section(text: str, status: int = 0) -> str:
    return f"=jetfleet-begin= container\n{text}\n=jetfleet-end= {status}\n"


def test_what_ran_is_read_from_its_container() -> None:
    mounts = json.dumps([{"Source": QWEN.folder, "Destination": QWEN.tokenizer}])
    about = steps.read_about(section(f'"vllm:1"\n["vllm@sha256:ab"]\n{mounts}'))
    assert (about.image, about.digest) == ("vllm:1", "sha256:ab")
    QWEN.check(about)
    assert steps.read_about(section(f'"vllm:1"\nnull\n{mounts}')).digest == ""
    for text, status in (("", 1), ('"vllm:1"\n[]', 0)):
        with pytest.raises(Refused, match="has no container: apply the spec first"):
            steps.read_about(section(text, status))


def test_a_benchmark_is_one_unit_that_outlives_its_connection() -> None:
    found: dict[str, Any] = {}
    run = steps.steps(QWEN, [HIGH, LOW], found)
    look, start = next(run), run.send(Result(ok=True))
    assert isinstance(look, RunStep)
    assert "bench serve --help" in look.script
    assert isinstance(start, RunStep)
    assert "systemd-run --quiet --unit=jetfleet-bench-qwen.service" in start.script
    watch = run.send(Result(ok=True))
    assert isinstance(watch, Watch)
    judge = watch.judge
    loading = judge("ActiveState=active\n-- log\nStarted x\nload high\nnoise\n")
    assert (loading.done, loading.line) == (False, "benchmark: load high")
    assert judge("ActiveState=inactive\nResult=success\n-- log\n").done
    failed = judge("ActiveState=failed\nResult=exit-code\n-- log\nload high\nValueError: no\n")
    assert "ValueError: no" in failed.failed
    taken = run.send(Result(ok=True))
    for load in (HIGH, LOW):
        assert isinstance(taken, RunStep)
        assert f"{load.name}.json" in taken.script
        figures = json.dumps({"output_throughput": 1.5, "ttfts": [1, 2]})
        try:
            taken = run.send(Result(ok=True, out=figures))
        except StopIteration:
            break
    assert found == {name: {"output_throughput": 1.5} for name in ("high", "low")}


def test_the_key_of_a_server_is_in_no_argument(tmp_path: Path) -> None:
    """The script runs here with a `docker` that is a shell in the container's environment."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "docker").write_text(
        '#!/bin/sh\nshift 2\necho "docker: $*" >&2\nVLLM_API_KEY=s3cret exec "$@"\n'
    )
    (bin_ / "vllm").write_text('#!/bin/sh\necho "vllm: $* key=$OPENAI_API_KEY" >&2\n')
    for harmless in ("cat", "rm"):
        (bin_ / harmless).write_text("#!/bin/sh\nexit 0\n")
    for program in bin_.iterdir():
        program.chmod(0o755)
    script = steps._script(QWEN, [LOW]).replace("/run/jetfleet", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": f"{bin_}:/usr/bin:/bin"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    vllm = next(line for line in done.stderr.splitlines() if line.startswith("vllm: "))
    assert vllm.endswith("key=s3cret")
    assert "s3cret" not in next(line for line in done.stderr.splitlines() if "docker: " in line)
    assert shlex.split(vllm.removeprefix("vllm: "))[:-1] == QWEN.command(LOW)[1:]


def run(mode: str, *, locked: bool, high: tuple[float, ...], low: tuple[float, ...]) -> Run:
    given = lab().fleet.role_input("thor")
    (service,) = given.host.services
    readings = {**ABOUT.readings, "power_mode": mode, "clocks": {"locked": locked}}
    names = ("request_throughput", "output_throughput", "mean_ttft_ms", "mean_tpot_ms")
    found = {
        load: {**dict(zip(names, figures, strict=True)), "a figure of a later vLLM": 1}
        for load, figures in (("low", low), ("high", high))
    }
    at = f"2025-10-0{len(mode)}T0{int(locked)}-00-00Z"
    return run_of(at, given, service, replace(ABOUT, readings=readings), found)


SOURCE_003 = [
    run("MAXN", locked=False, high=(1.97, 251.56, 554.96, 26.96), low=(0.50, 63.61, 35.70, 15.56)),
    run("MAXN", locked=True, high=(2.33, 298.07, 495.44, 22.59), low=(0.87, 111.15, 23.06, 8.88)),
    run("120W", locked=False, high=(1.88, 240.14, 580.06, 28.27), low=(0.50, 63.90, 34.54, 15.50)),
    run("120W", locked=True, high=(1.95, 249.82, 457.83, 27.99), low=(0.62, 79.94, 27.23, 12.39)),
]


def test_source_003s_power_modes_side_by_side() -> None:
    high, low = compare(SOURCE_003)
    assert high.title == "High load: 100 prompts of 2048 + 128 tokens, 8 at once"
    assert low.title == "Low load: 10 prompts of 2048 + 128 tokens, 1 at once"
    # Most throughput and least TPOT: MAXN with locked clocks; least TTFT under load: 120W locked.
    assert (high.best, low.best) == ((1, 1, 3, 1), (1, 1, 1, 1))
    assert high.lines[1][0][-2:] == ("MAXN", "locked")
    assert high.lines[1][1] == ("2.33", "298.07", "495.44", "22.59")


def test_markdown_marks_the_best_and_escapes_what_was_read() -> None:
    text = markdown(SOURCE_003)
    assert "**298.07**" in text
    assert text.count("**457.83**") == 1
    named = SOURCE_003[0].model_copy(
        update={"board": SOURCE_003[0].board.model_copy(update={"power_mode": "a|*b*"})}
    )
    assert r"a\|\*b\*" in markdown([named])
    assert "**" not in markdown([named]), "nothing is best among one"


def show(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("jetfleet")), "bench", "show", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_command_shows_files_and_folders(tmp_path: Path) -> None:
    for number, one in enumerate(SOURCE_003):
        folder = tmp_path / one.host
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.json").write_text(one.model_dump_json(by_alias=True))
    assert load_runs([tmp_path]) == sorted(SOURCE_003, key=lambda one: one.at)
    table = show(str(tmp_path))
    assert table.returncode == 0
    assert "298.07 *" in table.stdout
    assert "\x1b" not in table.stdout
    said = json.loads(show(str(tmp_path / "thor/1.json"), "--json").stdout)
    assert (said["schema"], said["runs"][0]["board"]["power_mode"]) == (1, "MAXN")
    assert said["runs"][0]["image"]["digest"] == ABOUT.digest
    assert show(str(tmp_path), "--markdown").stdout == markdown(load_runs([tmp_path]))


def test_what_is_no_benchmark_is_told_as_such(tmp_path: Path) -> None:
    none = show(str(tmp_path))
    assert (none.returncode, none.stdout) == (1, "")
    assert "no benchmarks in" in none.stderr
    (tmp_path / "x.json").write_text('{"schema": 1}')
    assert "is no file of a benchmark" in show(str(tmp_path / "x.json")).stderr
    assert "cannot be read" in show(str(tmp_path / "y.json")).stderr
