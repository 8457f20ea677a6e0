"""Benchmarks: source 003's own commands, and what is refused before a load begins."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.bench.about import About
from jetfleet.bench.load import loads_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.runtimes.benchmark import Benchmark, Load
from jetfleet.runtimes.registry import runtime_of, runtimes
from jetfleet.spec.load import gather
from jetfleet.spec.model import Power
from jetfleet.status.reading import ClockReading
from jetfleet.steps import Refused, Result, StepFailed, Watch
from jetfleet.steps import Run as RunStep
from jetfleet.transport.frame import FRAME
from jetfleet.workstation.workstation import Workstation
from tests.support.bench_runs import ABOUT, HIGH, LOW, QWEN
from tests.support.rendered import ROOT, fleet, invented

AT = "2025-10-04T00-00-00Z"
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
    command = QWEN.command(load, 7, load.prompts)
    own = command.index("--seed")
    assert command[:own] == shlex.split(f"{SOURCE.format(*shape)} {more}")
    assert command[own : own + 3] == ["--seed", "7", "--ignore-eos"]
    assert "--save-result" in command[own:]


def test_the_target_is_what_the_spec_serves() -> None:
    given = fleet(ROOT / "inventory/lab.yaml").role_input("nano")
    (service,) = (s for s in given.host.services if s.name == "cosmos")
    target = runtime_of(service).benchmark(given, service)
    assert target
    assert target.context == 256
    assert target.url == "http://127.0.0.1:8000"
    assert target.tokenizer == "/models/cosmos-reason2-2b"
    assert "--trust-remote-code" in target.command(HIGH, 1, 1)


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


def seen(**readings: Any) -> About:
    return replace(ABOUT, readings=ABOUT.readings.model_copy(update=readings))


def test_a_board_that_changes_while_it_is_measured_gives_no_figures() -> None:
    for changed, said in (
        (seen(power_mode="120W"), "the power mode changed from MAXN to 120W"),
        (seen(clocks=ClockReading(locked=False)), "clocks are locked changed from True to False"),
        (replace(ABOUT, digest="sha256:b"), "the image changed"),
    ):
        with pytest.raises(Refused, match=said):
            ABOUT.until(changed)
    assert ABOUT.until(seen(power_mode=None)).readings.power_mode == "MAXN", "it was not read"


@pytest.mark.parametrize(
    ("power", "said"),
    [
        (None, ""),
        (Power(mode="MAXN", clocks="locked"), ""),
        (Power(clocks="locked"), ""),
        (Power(mode="MAXN"), ""),
        (Power(clocks="free"), "its clocks are locked, and the point has them free"),
        (Power(mode="120W", clocks="locked"), "its power mode is MAXN, and that of the point is"),
    ],
)
def test_a_point_that_the_board_does_not_have_is_not_measured(
    power: Power | None, said: str
) -> None:
    if not said:
        return ABOUT.check_power(power)
    with pytest.raises(Refused, match=said):
        ABOUT.check_power(power)
    return seen(clocks=None, power_mode=None).check_power(power)


def test_what_throttled_during_a_benchmark_is_kept() -> None:
    before = seen(throttling=("cpu",), over_current={"oc1": 2, "oc3": 1})
    after = seen(
        throttling=("gpu",), over_current={"oc1": 2, "oc3": 4},
        temperatures={"gpu-thermal": 88.0, "cpu-thermal": 49.0},
    )  # fmt: skip
    held = before.until(after).readings
    assert held.throttling == ("cpu", "gpu", "oc3")
    assert held.temperatures == {"gpu-thermal": 88.0, "cpu-thermal": 50.0}


def section(text: str, status: int = 0) -> str:
    return f"{FRAME} begin container\n{text}\n{FRAME} end container {status}\n"


def test_what_ran_is_read_from_its_container() -> None:
    mounts = json.dumps([{"Source": QWEN.folder, "Destination": QWEN.tokenizer}])
    about = steps.read_about(section(f'"vllm:1"\n["vllm@sha256:ab"]\n{mounts}'), QWEN)
    assert (about.image, about.digest) == ("vllm:1", "sha256:ab")
    about.check(QWEN)
    assert steps.read_about(section(f'"vllm:1"\nnull\n{mounts}'), QWEN).digest == ""
    for text, status in (("", 1), ('"vllm:1"\n[]', 0)):
        with pytest.raises(Refused, match="has no container: apply the spec first"):
            steps.read_about(section(text, status), QWEN)


def test_a_benchmark_is_one_unit_that_outlives_its_connection() -> None:
    found: dict[str, Any] = {}
    run = steps.steps(QWEN, [HIGH, LOW], 2, AT, found)
    look, start = next(run), run.send(Result(ok=True))
    assert isinstance(look, RunStep)
    assert "bench serve --help" in look.script
    assert isinstance(start, RunStep)
    assert "systemd-run --quiet --unit=jetfleet-bench-qwen.service" in start.script
    ended, _, _ = start.script.partition("systemd-run")
    assert ended.startswith("systemctl stop jetfleet-bench-qwen.service"), "an earlier one ends"
    assert "rm -f /run/jetfleet/jetfleet-bench-qwen.json" in ended
    watch = run.send(Result(ok=True))
    assert isinstance(watch, Watch)
    judge = watch.judge
    loading = judge("ActiveState=active\n-- log\nStarted x\nload high, run 1 of 2\nnoise\n")
    assert (loading.done, loading.line) == (False, "benchmark: load high, run 1 of 2")
    assert judge("ActiveState=inactive\nResult=success\n-- log\n").done
    failed = judge("ActiveState=failed\nResult=exit-code\n-- log\nload high\nValueError: no\n")
    assert "ValueError: no" in failed.failed
    taken = run.send(Result(ok=True))
    assert isinstance(taken, RunStep)
    figures = {"high": [{"output_throughput": 1.5}], "low": [{"output_throughput": 2.5}]}
    with pytest.raises(StopIteration):
        run.send(Result(ok=True, out=json.dumps(figures)))
    assert found == figures


def test_results_without_a_load_are_an_error() -> None:
    run = steps.steps(QWEN, [HIGH, LOW], 1, AT, {})
    next(run)
    for _ in range(3):
        run.send(Result(ok=True))
    with pytest.raises(StepFailed, match="lack the load low"):
        run.send(Result(ok=True, out='{"high": []}'))


def job_of(target: Benchmark, *loads: Load, runs: int = 3, at: str = AT) -> dict[str, Any]:
    """Return the job that the script hands to the program on the board."""
    lines = steps._script(target, loads, runs, at).splitlines()
    line = next(one for one in lines if one.startswith('{"modules"'))
    job: dict[str, Any] = json.loads(line)["job"]
    return job


def seeds(job: dict[str, Any]) -> list[int]:
    runs = [run for load in job["loads"] for run in (load["warm"], *load["runs"])]
    for run in runs:
        if run["command"]:
            assert run["command"][run["command"].index("--seed") + 1] == str(run["seed"])
    return [run["seed"] for run in runs]


def test_no_prompt_comes_twice() -> None:
    """A server with a cache of prompts would else be measured at reading its cache."""
    found = seeds(job_of(QWEN, HIGH, LOW))
    assert len(set(found)) == len(found) == 2 * (1 + 3)
    later = seeds(job_of(QWEN, HIGH, LOW, at="2025-10-04T00-00-01Z"))
    assert not set(found) & set(later), "a power mode measured later has prompts of its own"
    assert found == seeds(job_of(QWEN, HIGH, LOW)), "the seeds of a file can be had again"


def test_each_load_is_warmed_up_by_few_requests() -> None:
    high, low = job_of(QWEN, HIGH, LOW)["loads"]
    assert (high["warm"]["prompts"], low["warm"]["prompts"]) == (8, 1)
    command = low["warm"]["command"]
    assert command[command.index("--num-prompts") + 1] == "1"
    assert [len(load["runs"]) for load in (high, low)] == [3, 3]


SERVERS = """version: 1
models:
  folder: {source: "hf:o/folder@main"}
  file: {source: "hf:o/file@main", include: ["*.gguf"]}
  store: {source: "ollama:qwen3:1.7b"}
hosts:
  h:
    address: 192.0.2.1
    module: agx-thor
    jetpack: "7.0"
    services:
      vllm: {runtime: vllm, model: folder, port: 1, flags: {max-model-len: 512}}
      sglang: {runtime: sglang, model: folder, port: 2}
      trtllm: {runtime: trtllm, model: folder, port: 3}
      llama.cpp: {runtime: llama.cpp, model: file, port: 4}
      ollama: {runtime: ollama, models: [store], port: 5}
"""


@pytest.mark.parametrize("name", ["vllm", "sglang", "trtllm", "llama.cpp", "ollama"])
def test_every_server_of_a_language_model_is_measured(name: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SERVERS)
    spec, _ = gather(path)
    fleet_ = Fleet(spec, invented(spec.models), Workstation(known_hosts=path), commit="")
    given = fleet_.role_input("h")
    (service,) = (one for one in given.host.services if one.name == name)
    assert runtime_of(service).has_benchmark
    target = runtime_of(service).benchmark(given, service)
    assert target.protocol == ("ollama" if name == "ollama" else "openai")
    assert target.model
    job = job_of(target, LOW)
    own = "" if name == "vllm" else "jetfleet"
    assert (target.program == "jetfleet", not job["loads"][0]["runs"][0]["command"]) == (
        bool(own), bool(own),
    )  # fmt: skip
    assert bool(target.folder) == (name != "ollama")


@pytest.mark.parametrize("runtime", ["triton", "container", "live-vlm-webui"])
def test_what_answers_no_chat_has_no_benchmark(runtime: str) -> None:
    assert not runtimes()[runtime].has_benchmark
