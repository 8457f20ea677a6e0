"""Benchmarks: source 003's own commands and figures, and what is refused before a load begins."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.bench.load import LOADS, loads_of
from jetfleet.bench.table import compare, markdown
from jetfleet.errors import FleetError
from jetfleet.runtimes.registry import runtime_of
from jetfleet.steps import Refused, Result, Watch
from jetfleet.steps import Run as RunStep
from jetfleet.transport.frame import FRAME
from tests.support.bench_runs import ABOUT, HIGH, LOW, QWEN, SOURCE_003
from tests.support.rendered import ROOT, fleet

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
    with pytest.raises(FleetError, match="hihg is not a load: name one or more of high, low"):
        loads_of(["hihg"])


def test_a_load_that_does_not_fit_the_context_is_left_out() -> None:
    assert replace(QWEN, context=2176).fitting(LOADS) == LOADS
    small = replace(QWEN, context=2175).fitting(LOADS)
    assert [load.name for load in small] == [
        "warm-up", "conversation", "throughput", "long-context"
    ]  # fmt: skip
    assert replace(QWEN, context=256).fitting([HIGH, LOW]) == ()


def test_the_target_is_what_the_spec_serves() -> None:
    given = fleet(ROOT / "inventory/lab.yaml").role_input("nano")
    (service,) = (s for s in given.host.services if s.name == "cosmos")
    target = runtime_of(service).benchmark(given, service)
    assert target
    assert (target.context, target.trust_remote_code) == (256, True)
    assert target.url == "http://127.0.0.1:8000"
    assert target.tokenizer == "/models/cosmos-reason2-2b"
    assert "--trust-remote-code" in target.command(HIGH)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104 - compared, never bound
        ("::", "http://127.0.0.1:8000"),
        ("192.0.2.13", "http://192.0.2.13:8000"),
        ("fd00::12", "http://[fd00::12]:8000"),
    ],
)
def test_the_address_is_one_that_a_url_can_hold(host: str, url: str) -> None:
    given = fleet(ROOT / "inventory/lab.yaml").role_input("nano")
    (service,) = (s for s in given.host.services if s.name == "cosmos")
    target = runtime_of(service).benchmark(given, service.model_copy(update={"host": host}))
    assert target
    assert target.url == url


def test_another_model_than_the_specs_is_not_measured() -> None:
    ABOUT.check(QWEN)
    for mounts in ({}, {QWEN.tokenizer: "/mnt/nvme/models/qwen/2"}):
        with pytest.raises(Refused, match=r"apply the spec first"):
            replace(ABOUT, mounts=mounts).check(QWEN)


def section(text: str, status: int = 0) -> str:
    return f"{FRAME} begin container\n{text}\n{FRAME} end container {status}\n"


def test_what_ran_is_read_from_its_container() -> None:
    mounts = json.dumps([{"Source": QWEN.folder, "Destination": QWEN.tokenizer}])
    about = steps.read_about(section(f'"vllm:1"\n["vllm@sha256:ab"]\n{mounts}'))
    assert (about.image, about.digest) == ("vllm:1", "sha256:ab")
    about.check(QWEN)
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
