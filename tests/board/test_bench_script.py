"""The program that runs a benchmark on a board: the real one, against servers and programs here."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.runtimes.benchmark import INSIDE, Benchmark, Cache, Load
from tests.board.answering import Answers, answering
from tests.support.bench_runs import LOW, QWEN
from tests.support.board_python import board_path

AT = "2025-10-04T00-00-00Z"
SMALL = Load("small", "small", 40, 5, 6, 2)


def run(target: Benchmark, load: Load, folder: Path, runs: int = 2, bin_: str = "") -> Any:
    """Run the script that a board gets, with its files in a folder; return the process."""
    script = steps._script(target, [load], runs, AT).replace("/run/jetfleet", str(folder))
    script = script.replace(INSIDE, str(folder / "inside"))
    path = board_path(bin_) if bin_ else board_path()
    return subprocess.run(
        ["sh", "-c", script],
        env={"PATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def results(target: Benchmark, load: Load, folder: Path) -> list[dict[str, Any]]:
    file = folder / f"{target.unit}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    found: list[dict[str, Any]] = json.loads(file.read_text())[load.name]
    return found


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """A folder with a `docker` that is a shell in the container's environment, and a vLLM."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "docker").write_text(
        '#!/bin/sh\nshift 2\necho "docker: $*" >&2\nVLLM_API_KEY=s3cret exec "$@"\n'
    )
    (bin_ / "vllm").write_text('#!/bin/sh\necho "vllm: $* key=$OPENAI_API_KEY" >&2\n')
    (bin_ / "cat").write_text('#!/bin/sh\necho \'{"completed": 10, "ttfts": [1]}\'\n')
    (bin_ / "rm").write_text("#!/bin/sh\nexit 0\n")
    for program in bin_.iterdir():
        program.chmod(0o755)
    return bin_


def test_the_key_of_a_server_is_in_no_argument(container: Path, tmp_path: Path) -> None:
    done = run(QWEN, LOW, tmp_path, bin_=str(container))
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    called = [line.removeprefix("vllm: ") for line in lines if line.startswith("vllm: ")]
    assert all(line.endswith("key=s3cret") for line in called)
    assert not [line for line in lines if "docker: " in line and "s3cret" in line]
    found = results(QWEN, LOW, tmp_path)
    for line, seed, prompts in zip(
        called, [None, *(one["seed"] for one in found)], [1, 10, 10], strict=True
    ):
        words = shlex.split(line)[:-1]
        expected = QWEN.command(LOW, seed or int(words[words.index("--seed") + 1]), prompts)
        expected = [word.replace(INSIDE, str(tmp_path / "inside")) for word in expected]
        assert words == expected[1:], "warm-up first, then each run with its seed"
    assert [one["completed"] for one in found] == [10, 10]
    assert not any("ttfts" in one for one in found)


def test_a_program_that_fails_leaves_no_result(container: Path, tmp_path: Path) -> None:
    (container / "vllm").write_text("#!/bin/sh\nexit 3\n")
    done = run(QWEN, LOW, tmp_path, bin_=str(container))
    assert done.returncode == 1
    assert "the benchmark program ended with 3" in done.stderr
    assert f"rm -rf {tmp_path}/inside" in done.stderr, "what it wrote in the container goes"
    assert not list(tmp_path.glob("*.json*"))


class Model(Answers):
    """A server of a language model: a word is a token and a half; it counts its cache's hits."""

    reset = 0
    refuse = False

    def post(self) -> None:
        body = json.loads(self.body())
        if self.path == "/reset":
            type(self).reset += 1
            self.send("")
        elif self.refuse and body.get("max_tokens") != 1:
            self.send_error(400, "no such thing")
        else:
            self.asked.append(body)
            self.send(self._answer(body, len(body["prompt"].split()) * 3 // 2))

    def _answer(self, body: dict[str, Any], tokens: int) -> str:
        rows: list[dict[str, Any]]
        if self.path == "/api/generate":
            rows = [{"response": "x"}] * body["options"]["num_predict"]
            rows.append({"prompt_eval_count": tokens, "eval_count": len(rows)})
            return "".join(json.dumps(row) + "\n" for row in rows)
        rows = [{"choices": [{"text": "x"}]}] * body["max_tokens"]
        usage = {"prompt_tokens": tokens, "completion_tokens": len(rows)}
        rows.append({"choices": [], "usage": usage})
        return "".join(f"data: {json.dumps(row)}\n\n" for row in rows) + "data: [DONE]\n"

    def get(self) -> None:
        self.send(f'# HELP hits\nhits{{m="a"}} {32 * len(self.asked)}\nhits{{m="b"}} 1.0\n')


@pytest.mark.parametrize("protocol", ["openai", "ollama"])
def test_our_client_measures_any_server(protocol: Any, tmp_path: Path) -> None:
    with answering(Model) as (model, url):
        target = Benchmark("s", url, "m", protocol, body={"ignore_eos": True})
        done = run(target, SMALL, tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"load .*", done.stdout) == [
        "load small, warm-up", "load small, run 1 of 2", "load small, run 2 of 2",
    ]  # fmt: skip
    found = results(target, SMALL, tmp_path)
    for one in found:
        assert one["completed"] == 6
        assert one["total_output_tokens"] == 30
        assert 36 <= one["total_input_tokens"] / 6 <= 44, "the words were counted first"
        assert one["p99_ttft_ms"] >= one["median_ttft_ms"] > 0
        assert one["mean_tpot_ms"] > 0
        assert one["output_throughput"] == pytest.approx(30 / one["duration"])
        assert (one["cached_tokens"], one["cache_reset"]) == (None, False)
    prompts = [body["prompt"] for body in model.asked]
    assert len(prompts) == 1 + 2 + 6 + 6
    beginnings = {" ".join(prompt.split()[:8]) for prompt in prompts}
    assert len(beginnings) == len(prompts), "no prompt begins as another"
    assert all(body["ignore_eos"] for body in model.asked)


def test_the_cache_is_emptied_and_counted(tmp_path: Path) -> None:
    with answering(Model) as (model, url):
        target = Benchmark("s", url, "m", cache=Cache("/reset", ("absent", "hits")))
        done = run(target, SMALL, tmp_path)
    assert done.returncode == 0, done.stderr
    assert model.reset == 2
    found = results(target, SMALL, tmp_path)
    assert [(one["cached_tokens"], one["cache_reset"]) for one in found] == [(192, True)] * 2


def test_a_cache_that_cannot_be_emptied_or_counted_is_not_called_empty(tmp_path: Path) -> None:
    with answering(Model) as (_, url):
        target = Benchmark("s", url, "m", cache=Cache("", ("absent",)))
        run(target, SMALL, tmp_path)
    (one, _) = results(target, SMALL, tmp_path)
    assert (one["cached_tokens"], one["cache_reset"]) == (None, False)


def test_a_server_that_refuses_is_named(tmp_path: Path) -> None:
    with answering(Model, refuse=True) as (_, url):
        target = Benchmark("s", url, "m")
        done = run(target, SMALL, tmp_path)
        assert done.returncode == 1
        assert "/v1/completions answered 400" in done.stderr
    gone = run(replace(target, url=url), SMALL, tmp_path)
    assert (gone.returncode, "refused" in gone.stderr) == (1, True)
    assert not list(tmp_path.glob("*.json*"))


def test_an_earlier_benchmark_is_ended_with_what_it_runs_in_the_container(
    container: Path, tmp_path: Path
) -> None:
    """`docker exec` does not end what it started, so its number is kept in the container."""
    inside = tmp_path / "inside"
    (container / "systemctl").write_text('#!/bin/sh\necho "systemctl $*"\n')
    (container / "vllm").write_text("#!/bin/sh\nexec sleep 60\n")
    for name in ("systemctl", "vllm"):
        (container / name).chmod(0o755)
    for name in ("cat", "rm"):
        (container / name).unlink()
    folders = {"/run/jetfleet": str(tmp_path), INSIDE: str(inside)}
    env = {"PATH": board_path(str(container))}

    def here(script: str) -> list[str]:
        for board, folder in folders.items():
            script = script.replace(board, folder)
        return ["sh", "-c", script]

    (tmp_path / "jetfleet-bench-qwen.json").write_text("{}")
    running = subprocess.Popen(
        here(steps._script(QWEN, [LOW], 1, AT)), env=env, cwd=tmp_path, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    while not (inside / "pid").exists() or not (inside / "pid").read_text():
        assert running.poll() is None
        time.sleep(0.05)
    ended = subprocess.run(
        here(steps.end_earlier(QWEN)), env=env, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["systemctl stop jetfleet-bench-qwen.service"]
    _, said = running.communicate(timeout=20)
    assert "the benchmark program ended with -15" in said
    assert not inside.exists()
    assert not list(tmp_path.glob("*.json*"))
    again = subprocess.run(here(steps.end_earlier(QWEN)), env=env, capture_output=True, check=False)
    assert again.returncode == 0, "there may be no earlier one"
