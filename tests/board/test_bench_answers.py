"""The client of benchmarks against answers that no server should give: none becomes a figure."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.bench.result import Measured
from jetfleet.board.load_figures import figures
from jetfleet.runtimes.benchmark import Benchmark, Cache, Load
from tests.board.answering import Answers, answering
from tests.support.bench_runs import QWEN
from tests.support.board_python import board_path

SMALL = Load("small", "small", 40, 5, 4, 2)
DIGITS = "9" * 400


class Odd(Answers):
    """Answers each request with the same text; records the paths and the keys."""

    text = ""
    metrics = ""
    to = ""

    def post(self) -> None:
        self.body()
        self.asked.append(self.path)
        if self.to:
            self.send_response(302)
            self.send_header("Location", self.to)
            self.end_headers()
            return
        self.send(self.text)

    def get(self) -> None:
        self.asked.append(self.path)
        self.send(self.metrics)


def run(target: Benchmark, folder: Path) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Return how the program ended, and the runs that it wrote; None without a file."""
    script = steps._script(target, [SMALL], 1, "now").replace("/run/jetfleet", str(folder))
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": board_path()}, cwd=folder,
    )  # fmt: skip
    file = folder / f"{target.unit}.json"
    return done, json.loads(file.read_text())["small"] if file.exists() else None


def stream(*rows: object) -> str:
    return "".join(f"data: {json.dumps(row)}\n\n" for row in rows) + "data: [DONE]\n"


PIECE = {"choices": [{"text": "x"}]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "generated nothing"),
        ("data: {\n", "broke off"),
        ('data: {"choices": [{"text": "x"}], "usage": ' + DIGITS + "}\n", "digits"),
        (stream({"choices": 7}, {"choices": [7]}, {"choices": {}}), "generated nothing"),
        (stream({"error": "no memory " * 1000}), "no memory"),
        (stream(*[PIECE] * 5000), "more than the 1 tokens asked for"),
        (stream(PIECE, {"usage": {"completion_tokens": 10**9}}), "more than the 1 tokens"),
    ],
)
def test_an_answer_that_cannot_be_is_named(text: str, said: str, tmp_path: Path) -> None:
    with answering(Odd, text=text) as (_, url):
        done, found = run(Benchmark("s", url, "m"), tmp_path)
    assert (done.returncode, found) == (1, None)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 1000


@pytest.mark.parametrize(
    "usage",
    [
        7,
        [],
        {"prompt_tokens": "many", "completion_tokens": True},
        {"prompt_tokens": -5, "completion_tokens": 1.5, "prompt_tokens_details": "none"},
        {"prompt_tokens": 10**30, "prompt_tokens_details": {"cached_tokens": -1}},
    ],
)
def test_a_count_that_is_no_number_of_tokens_is_not_taken(usage: Any, tmp_path: Path) -> None:
    with answering(Odd, text=stream(*[PIECE] * 5, {"choices": [], "usage": usage})) as (_, url):
        done, found = run(Benchmark("s", url, "m"), tmp_path)
    assert done.returncode == 0, done.stderr
    (one,) = found
    assert (one["total_input_tokens"], one["total_output_tokens"]) == (0, 20)
    assert one["cached_tokens"] is None
    Measured.model_validate({"shape": SMALL, "runs": found})


def test_an_answer_in_one_piece_has_no_time_for_a_token(tmp_path: Path) -> None:
    """A time of nearly 0 would be the best of all."""
    whole = {"choices": [{"text": "x x x x x"}], "usage": {"completion_tokens": 5}}
    with answering(Odd, text=json.dumps(whole)) as (_, url):
        done, found = run(Benchmark("s", url, "m"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert (found[0]["mean_tpot_ms"], found[0]["total_output_tokens"]) == (0.0, 20)
    assert found[0]["mean_ttft_ms"] > 0


def test_an_answer_in_one_piece_does_not_shorten_the_time_of_others() -> None:
    whole = {"began": 0.0, "times": [1.0], "input": 40, "output": 5, "cached": None}
    streamed = {**whole, "times": [1.0, 1.1, 1.2, 1.3, 1.4]}
    assert figures([whole, streamed], 2.0)["mean_tpot_ms"] == pytest.approx(100)


@pytest.mark.parametrize("metrics", ["hits nan\n", "hits inf\n", "hits{a}\n", "hits 1e999\n", "x"])
def test_a_counter_that_is_no_number_is_not_known(metrics: str, tmp_path: Path) -> None:
    with answering(Odd, text=stream(*[PIECE] * 5), metrics=metrics) as (_, url):
        done, found = run(Benchmark("s", url, "m", cache=Cache("", ("hits",))), tmp_path)
    assert done.returncode == 0, done.stderr
    assert found[0]["cached_tokens"] is None


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """It would carry the key of the service to another server."""
    with (
        answering(Odd, text=stream(PIECE)) as (other, there),
        answering(Odd, to=there + "/x") as (_, url),
    ):
        done, found = run(Benchmark("s", url, "m"), tmp_path)
    assert (done.returncode, found) == (1, None)
    assert "/v1/completions answered 302" in done.stderr
    assert other.asked == []


def test_a_result_in_the_container_without_end_is_refused(tmp_path: Path) -> None:
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    docker = bin_ / "docker"
    docker.write_text('#!/bin/sh\n[ "$3" != cat ] || exec cat /dev/zero\n')
    docker.chmod(0o755)
    script = steps._script(QWEN, [SMALL], 1, "now").replace("/run/jetfleet", str(tmp_path))
    done = subprocess.run(
        ["sh", "-c", script], env={"PATH": board_path(str(bin_))}, cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "the result cannot be read (UnreadableJson: it is larger than" in done.stderr
