"""`vllm serve` and `vllm bench serve` of the stand-in images, as processes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.standin_programs import (
    ORIN,
    THOR,
    Program,
    Running,
    events,
    free_port,
    model,
    picture,
)

NEW, OLD = "nvcr.io/nvidia/vllm:26.01-py3", "nvcr.io/nvidia/vllm:25.09-py3"
ORIN_IMAGE = "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04"
COSMOS, TEXT = "nim/nvidia/cosmos-reason2-2b", "Qwen/Qwen3-8B"
FP8, W4A16 = "Qwen/Qwen3-8B-FP8", "okwinds/Qwen3-8B-Int4-W4A16"


def words(folder: Path, port: int, *more: str) -> list[str]:
    return ["serve", str(folder), "--port", str(port), "--max-model-len", "4096", *more]


@pytest.fixture(scope="module")
def cosmos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("cosmos"), free_port()
    program = Program.of(folder, ORIN_IMAGE, ORIN)
    files = model(folder / "cosmos", COSMOS)
    options = ("--served-model-name", "cosmos", "--limit-mm-per-prompt", '{"image": 1}')
    url = f"http://127.0.0.1:{port}"
    with program.serving(*words(files, port, *options), url=url, VLLM_API_KEY="key") as running:
        yield running


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path, Running]]:
    folder, port = tmp_path_factory.mktemp("text"), free_port()
    program, files = Program.of(folder, NEW, THOR), model(folder / "text", TEXT)
    with program.serving(*words(files, port), url=f"http://127.0.0.1:{port}") as running:
        yield program, files, running


KEY = {"Authorization": "Bearer key"}


def test_a_picture_is_seen_and_counted(cosmos: Running) -> None:
    messages = [{"role": "user", "content": [picture(), {"type": "text", "text": "What?"}]}]
    body = {"model": "cosmos", "messages": messages, "max_tokens": 8}
    seen = cosmos.post("/v1/chat/completions", body, headers=KEY).json()
    messages[0]["content"] = "What?"
    blind = cosmos.post("/v1/chat/completions", body, headers=KEY).json()
    contents = [one["choices"][0]["message"]["content"] for one in (seen, blind)]
    assert contents[0] != contents[1]
    assert seen["usage"]["prompt_tokens"] > blind["usage"]["prompt_tokens"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([picture(), picture()], "At most 1 image"),
        ([picture("data:image/png;base64,AAAA")], "cannot identify image file"),
        ([picture("data:image/png;base64,?")], "cannot identify image file"),
        ([picture("https://example.org/x.png")], "cannot fetch"),
        ([{"type": "sound"}], "Unknown part type"),
    ],
)
def test_a_wrong_picture_is_refused(
    cosmos: Running, parts: list[dict[str, object]], sentence: str
) -> None:
    messages = [{"role": "user", "content": parts}]
    answer = cosmos.post("/v1/chat/completions", {"messages": messages}, headers=KEY)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_the_key_guards_v1(cosmos: Running) -> None:
    assert cosmos.get("/v1/models").status_code == 401
    assert cosmos.get("/health").status_code == 200
    assert cosmos.get("/v1/models", headers=KEY).json()["data"][0]["id"] == "cosmos"


def test_a_text_model_takes_no_picture(text: tuple[Program, Path, Running]) -> None:
    _, files, running = text
    answer = running.chat(str(files), picture())
    assert answer.status_code == 400
    assert "is not a multimodal model" in answer.json()["error"]["message"]


def test_a_stream_says_what_an_answer_says(text: tuple[Program, Path, Running]) -> None:
    _, files, running = text
    whole = running.chat(str(files)).json()
    streamed = running.chat(str(files), stream=True, stream_options={"include_usage": True})
    assert streamed.headers["Content-Type"].startswith("text/event-stream")
    *parts, last = events(streamed)
    said = "".join(part["choices"][0]["delta"].get("content", "") for part in parts)
    assert said == whole["choices"][0]["message"]["content"]
    assert (last["choices"], last["usage"]) == ([], whole["usage"])
    without = events(running.chat(str(files), stream=True))
    assert not any("usage" in part for part in without)


def test_a_prompt_that_comes_again_is_a_hit_of_the_prefix_cache(
    text: tuple[Program, Path, Running],
) -> None:
    """The benchmark sends its first prompt twice; another seed has other prompts."""
    program, files, running = text

    def hits(seed: int) -> float:
        line = f"bench serve --base-url {running.url} --model {files} --tokenizer {files} "
        line += "--random-input-len 50 --random-output-len 2 --num-prompts 3 --seed "
        assert program.run(*shlex.split(f"{line}{seed}")).returncode == 0
        (value,) = re.findall(
            r"^vllm:prefix_cache_hits_total\S* (\S+)$", running.get("/metrics").text, re.MULTILINE
        )
        return float(value)

    first = hits(1001)
    assert hits(1002) - first == 50
    assert hits(1001) - first == 50 + 4 * 50, "all of them are known now"


def test_bench_writes_its_result(text: tuple[Program, Path, Running], tmp_path: Path) -> None:
    program, files, running = text
    line = (
        f"bench serve --base-url {running.url} --model {files} --tokenizer {files} "
        "--dataset-name random --random-input-len 2048 --random-output-len 128 --num-prompts 10 "
        f"--max-concurrency 2 --ignore-eos --save-result --result-dir {tmp_path} "
        "--result-filename run.json --metadata mode=MAXN"
    )
    done = program.run(*shlex.split(line))
    assert done.returncode == 0, done.stderr
    assert "============ Serving Benchmark Result ============" in done.stdout
    assert "Successful requests:                     10" in done.stdout
    found = json.loads((tmp_path / "run.json").read_text())
    assert (found["completed"], found["total_output_tokens"]) == (10, 1280)
    assert (found["max_concurrency"], found["mode"]) == (2, "MAXN")
    names = {f"{part}_{what}_ms" for part in ("mean", "median", "p99") for what in ("ttft", "tpot")}
    assert names <= found.keys()
    assert found["output_throughput"] == pytest.approx(1280 / found["duration"])
    assert 0 < found["median_ttft_ms"] <= found["p99_ttft_ms"]


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ("--random-input-len 9000", 1, "maximum context length is 4096 tokens"),
        ("--model other", 1, "The model `other` does not exist"),
        ("--tokenizer /none", 1, "Can't load tokenizer for '/none'"),
        ("--prompts 3", 2, "unrecognized arguments: --prompts 3"),
        ("--num-prompts many", 2, "invalid int value: 'many'"),
    ],
)
def test_a_bench_that_cannot_be_is_refused(
    text: tuple[Program, Path, Running], more: str, status: int, sentence: str
) -> None:
    program, files, running = text
    line = f"bench serve --base-url {running.url} --model {files} --num-prompts 1 {more}"
    done = program.run(*shlex.split(line))
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_fp8_ends_the_engine_of_2025_at_the_first_request(tmp_path: Path) -> None:
    program, files, port = Program.of(tmp_path, OLD, THOR), model(tmp_path / "m", FP8), free_port()
    url = f"http://127.0.0.1:{port}"
    with program.serving(*words(files, port), url=url) as running:
        assert running.get("/health").status_code == 200
        assert running.chat(str(files)).status_code == 500
        assert running.process.wait(timeout=10) == 0
        assert "sm_110a" in running.log.read_text()
    disabled = {"VLLM_DISABLED_KERNELS": "MacheteLinearKernel"}
    with program.serving(*words(files, port), url=url, **disabled) as running:
        assert running.chat(str(files)).status_code == 200


def test_w4a16_does_not_load_on_it(tmp_path: Path) -> None:
    program, files = Program.of(tmp_path, OLD, THOR), model(tmp_path / "m", W4A16)
    done = program.run(*words(files, free_port()))
    assert (done.returncode, "no kernel image" in done.stderr) == (1, True)


@pytest.mark.parametrize(("fault", "status"), [("crash-at-load", 1), ("killed-at-load", 137)])
def test_faults_of_a_load(tmp_path: Path, fault: str, status: int) -> None:
    program, files = Program.of(tmp_path, NEW, THOR), model(tmp_path / "m", TEXT)
    done = program.run(*words(files, free_port()), JETFLEET_STANDIN_FAULT=fault)
    assert done.returncode == status


def test_a_request_can_end_the_engine(tmp_path: Path) -> None:
    program, files, port = Program.of(tmp_path, NEW, THOR), model(tmp_path / "m", TEXT), free_port()
    env = {"JETFLEET_STANDIN_FAULT": "generation-crashes"}
    with program.serving(*words(files, port), url=f"http://127.0.0.1:{port}", **env) as running:
        assert running.chat(str(files)).status_code == 500
        assert running.process.wait(timeout=10) == 0
