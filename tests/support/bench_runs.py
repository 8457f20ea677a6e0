"""The benchmark runs of source 003, and the server measured: four power settings of one board.

The guide shows one run of each; the runs beside it are made up, so that there is a spread.
"""

from __future__ import annotations

from dataclasses import replace

from jetfleet.bench.about import About
from jetfleet.bench.load import loads_of
from jetfleet.bench.result import Began, Run, run_of
from jetfleet.runtimes.vllm.benchmark import VllmBenchmark
from jetfleet.status.reading import ClockReading, Readings
from tests.support.rendered import ROOT, fleet

HIGH, LOW = loads_of(["loads"])
QWEN = VllmBenchmark(
    service="qwen",
    executable=("vllm",),
    url="http://localhost:8000",
    model="qwen3",
    tokenizer="/models/Qwen/Qwen3-8B",
    folder="/mnt/nvme/models/qwen/1",
    key="VLLM_API_KEY",
)


ABOUT = About(
    readings=Readings(
        release="# R38 (release), REVISION: 2.0, GCID: 1",
        power_mode="MAXN",
        clocks=ClockReading(locked=True),
        temperatures={"gpu-thermal": 61.5, "cpu-thermal": 50.0},
    ),
    image="nvcr.io/nvidia/vllm:25.09-py3",
    digest="sha256:" + "a" * 64,
    mounts={QWEN.tokenizer: QWEN.folder},
)


def run(mode: str, *, locked: bool, high: tuple[float, ...], low: tuple[float, ...]) -> Run:
    given = fleet(ROOT / "inventory/lab.yaml").role_input("thor")
    (service,) = given.host.services
    seen = {"power_mode": mode, "clocks": ClockReading(locked=locked)}
    readings = ABOUT.readings.model_copy(update=seen)
    names = ("request_throughput", "output_throughput", "mean_ttft_ms", "mean_tpot_ms")
    found = {
        load: [
            {**dict(zip(names, (figure * factor for figure in figures), strict=True)),
             "completed": load.prompts, "seed": number, "a figure of a later vLLM": 1}
            for number, factor in enumerate((1.004, 1, 0.99))
        ]
        for load, figures in ((LOW, low), (HIGH, high))
    }  # fmt: skip
    at = f"2025-10-0{len(mode)}T0{int(locked)}-00-00Z"
    its = run_of(Began(at), given, service, replace(ABOUT, readings=readings), found)
    dense = its.model.model_copy(update={"architecture": ("Qwen3ForCausalLM",)})
    return its.model_copy(update={"model": dense})


SOURCE_003 = [
    run("MAXN", locked=False, high=(1.97, 251.56, 554.96, 26.96), low=(0.50, 63.61, 35.70, 15.56)),
    run("MAXN", locked=True, high=(2.33, 298.07, 495.44, 22.59), low=(0.87, 111.15, 23.06, 8.88)),
    run("120W", locked=False, high=(1.88, 240.14, 580.06, 28.27), low=(0.50, 63.90, 34.54, 15.50)),
    run("120W", locked=True, high=(1.95, 249.82, 457.83, 27.99), low=(0.62, 79.94, 27.23, 12.39)),
]

# The same figures of a model so small that the board's memory allows them.
POSSIBLE = [
    one.model_copy(update={"model": one.model.model_copy(update={"weights": 2_000_000_000})})
    for one in SOURCE_003
]
