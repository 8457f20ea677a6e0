"""TensorRT-LLM, llama.cpp, the WebUI and the plain program of the stand-in images, as processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.standin_programs import (
    NANO,
    ORIN,
    THOR,
    Program,
    Running,
    events,
    free_port,
    model,
    picture,
)
from twins.standins import ca

TRTLLM = "nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc1"
LLAMA = "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin"
WEBUI = "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-orin"
PLAIN = "docker.io/dustynv/l4t-pytorch:r36.4.0"
TEXT, FP8, GGUF = "Qwen/Qwen3-8B", "Qwen/Qwen3-8B-FP8", "Qwen/Qwen3-8B-GGUF"


@pytest.fixture(scope="module")
def trtllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Running]]:
    folder, port = tmp_path_factory.mktemp("trtllm"), free_port()
    program, files = Program.of(folder, TRTLLM, THOR), model(folder / TEXT, TEXT)
    words = ("serve", str(files), "--host", "127.0.0.1", "--port", str(port), "--tp_size=1")
    more = ("--kv_cache_free_gpu_memory_fraction", "0.5", "--max_seq_len", "4096")
    with program.serving(*words, *more, url=f"http://127.0.0.1:{port}") as running:
        yield program, running


def test_trtllm_names_its_model_by_the_folder(trtllm: tuple[Program, Running]) -> None:
    _, running = trtllm
    assert running.get("/v1/models").json()["data"][0]["id"] == "Qwen3-8B"
    for path in ("/health", "/health_generate", "/version", "/metrics"):
        assert running.get(path).status_code == 200
    whole = running.chat("Qwen3-8B").json()
    streamed = events(running.chat("Qwen3-8B", stream=True))
    said = "".join(part["choices"][0]["delta"].get("content", "") for part in streamed)
    assert said == whole["choices"][0]["message"]["content"]
    options = running.get("/standin/options").json()
    assert options["free_gpu_memory_fraction"] == 0.5
    assert options["tensor_parallel_size"] == 1
    too_long = running.chat("Qwen3-8B", max_tokens=5000)
    assert (too_long.status_code, "max_seq_len" in too_long.text) == (400, True)
    assert running.chat("Qwen3-8B", picture()).status_code == 400


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["/m", "--max-seq-len", "5"], 2, "No such option: --max-seq-len"),
        (["/m", "--no_trust_remote_code"], 2, "No such option: --no_trust_remote_code"),
        (["/m", "--trust_remote_code=false"], 2, "does not take a value"),
        (["/m", "--media_io_kwargs", "{"], 1, "Invalid JSON for media_io_kwargs"),
        (["/m", "--port", "web"], 2, "'web' is not a valid integer"),
        (["/m", "--backend", "vllm"], 2, "is not one of 'pytorch'"),
        (["/m", "/n"], 2, "unexpected extra argument"),
        ([], 2, "Missing argument 'MODEL'"),
        (["/none"], 1, "Invalid repository ID"),
        (["/m", "--config", "/none.yaml"], 1, "No such file"),
    ],
)
def test_trtllm_refuses(
    trtllm: tuple[Program, Running], words: list[str], status: int, sentence: str
) -> None:
    done = trtllm[0].run(*words)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_trtllm_reads_more_options_from_a_file(
    trtllm: tuple[Program, Running], tmp_path: Path
) -> None:
    (tmp_path / "more.yaml").write_text(json.dumps({"free_gpu_memory_fraction": 2}))
    files = str(model(tmp_path / "m", TEXT))
    done = trtllm[0].run(files, "--extra_llm_api_options", str(tmp_path / "more.yaml"))
    assert (done.returncode, "got 2" in done.stderr) == (1, True), done.stderr


def test_trtllm_has_no_block_scaled_fp8_for_thor(
    trtllm: tuple[Program, Running], tmp_path: Path
) -> None:
    done = trtllm[0].run(str(model(tmp_path / "m", FP8)), "--free_gpu_memory_fraction", "0.3")
    assert done.returncode == 1
    assert "Unsupported SM version for FP8 block scaling GEMM" in done.stderr


def test_trtllm_is_for_thor(tmp_path: Path) -> None:
    program, files = Program.of(tmp_path, TRTLLM, ORIN), model(tmp_path / "m", TEXT)
    done = program.run(str(files))
    assert (done.returncode, "no kernel image" in done.stderr) == (1, True)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path, Running]]:
    folder, port = tmp_path_factory.mktemp("llama"), free_port()
    program = Program.of(folder, LLAMA, ORIN)
    file = model(folder / "gguf", GGUF) / "Qwen3-8B-Q4_K_M.gguf"
    words = ("-m", str(file), "--port", str(port), "-c", "4096", "-ngl", "99", "--alias", "qwen3")
    url, key = f"http://127.0.0.1:{port}", {"LLAMA_API_KEY": "key"}
    with program.serving(*words, "--no-mmap", "-fa", "on", url=url, **key) as running:
        yield program, file, running


KEY = {"Authorization": "Bearer key"}


def test_llama_answers_when_its_model_is_there(llama: tuple[Program, Path, Running]) -> None:
    _, file, running = llama
    running.wait_for(lambda: running.get("/health").status_code == 200)
    (card,) = running.get("/v1/models").json()["data"]
    assert (card["id"], card["meta"]["n_ctx_train"]) == ("qwen3", 40960)
    assert running.get("/props").status_code == 401
    props = running.get("/props", headers=KEY).json()
    assert props["default_generation_settings"]["n_ctx"] == 4096
    assert props["model_path"] == str(file)
    messages = [{"role": "user", "content": "hello"}]
    body = {"messages": messages, "max_tokens": 6}
    answer = running.post("/v1/chat/completions", body, headers=KEY).json()
    assert answer["usage"]["completion_tokens"] == 6
    own = running.post("/completion", {"prompt": "hello", "n_predict": 3}, headers=KEY).json()
    assert (own["tokens_predicted"], own["stop_type"]) == (3, "limit")
    long = {"messages": [{"role": "user", "content": "word " * 5000}]}
    refused = running.post("/v1/chat/completions", long, headers=KEY)
    assert (refused.status_code, "available context size" in refused.text) == (400, True)
    assert running.get("/metrics", headers=KEY).status_code == 501
    options = running.get("/standin/options").json()
    assert (options["mmap"], options["flash-attn"], options["api-key"]) == (False, "on", "***")


def test_llama_says_that_it_loads(llama: tuple[Program, Path, Running]) -> None:
    program, file, _ = llama
    port = free_port()
    words = ("-m", str(file), "--port", str(port), "-c", "512")
    late = {"JETFLEET_STANDIN_LOAD_SECONDS": "60"}
    with program.serving(*words, url=f"http://127.0.0.1:{port}", **late) as running:
        answer = running.get("/health")
        assert (answer.status_code, answer.json()["error"]["message"]) == (503, "Loading model")
        assert running.chat("qwen3").status_code == 503


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--context", "5"], "error: invalid argument: --context"),
        (["--c", "5"], "error: invalid argument: --c"),
        (["--no-metrics"], "error: invalid argument: --no-metrics"),
        (["-c", "many"], 'error while handling argument "-c": stoi'),
        (["-ctk", "q3"], "Unsupported value: q3"),
        (["-ngl"], 'error while handling argument "-ngl"'),
        (["-m", "/none.gguf"], "failed to open GGUF file '/none.gguf'"),
        ([], "--model is required"),
    ],
)
def test_llama_refuses(
    llama: tuple[Program, Path, Running], words: list[str], sentence: str
) -> None:
    done = llama[0].run(*words, "--port", str(free_port()))
    assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr


def test_llama_looks_at_the_file(llama: tuple[Program, Path, Running], tmp_path: Path) -> None:
    program, file, _ = llama
    for content, sentence in (
        (b"PK" + file.read_bytes()[2:], "invalid magic"),
        (file.read_bytes()[:-1000], "not within the file bounds"),
    ):
        (tmp_path / "m.gguf").write_bytes(content)
        done = program.run("-m", str(tmp_path / "m.gguf"), "--port", str(free_port()))
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("kind", "context", "end"),
    [
        (THOR, "512", (134, "no kernel image is available")),
        (NANO, "40960", (1, "cudaMalloc failed: out of memory")),
    ],
)
def test_llama_on_another_board(
    llama: tuple[Program, Path, Running],
    tmp_path: Path,
    kind: tuple[str, int, int],
    context: str,
    end: tuple[int, str],
) -> None:
    program = Program.of(tmp_path, LLAMA, kind)
    done = program.run("-m", str(llama[1]), "-c", context, "--port", str(free_port()))
    assert (done.returncode, end[1] in done.stderr) == (end[0], True), done.stderr


@pytest.fixture(scope="module")
def webui(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, list[str], Path]:
    folder = tmp_path_factory.mktemp("webui")
    leaf = ca.leaf(folder, folder, ("127.0.0.1",))
    tls = ["--ssl-cert", str(leaf.certificate), "--ssl-key", str(leaf.key)]
    return Program.of(folder, WEBUI, ORIN), tls, ca.ca_file(folder)


def test_the_webui_shows_the_model_that_it_was_given(
    webui: tuple[Program, list[str], Path], trtllm: tuple[Program, Running]
) -> None:
    program, tls, authority = webui
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    base = f"{trtllm[1].url}/v1"
    words = ("--port", str(port), "--api-base", base, "--model", "Qwen3-8B", "--process-every", "5")
    env = {"LIVE_VLM_PROCESS_EVERY": "60"}
    with program.serving(*words, *tls, url=url, authority=authority, **env) as running:
        assert 'id="maxTokens" value="512"' in running.get("/").text
        assert running.get("/api/rtsp/status").status_code == 200
        listed = running.get("/models").json()["models"]
        assert listed == [{"id": "Qwen3-8B", "name": "Qwen3-8B", "current": True}]
        about = running.get("/standin/options").json()
        assert (about["api_base"], about["process_every"]) == (base, 60)
        assert about["max_tokens"] == 512
        again = program.run("--port", str(port), *words[2:], *tls)
        assert (again.returncode, "is in use" in again.stderr) == (0, True)


def test_the_webui_goes_to_the_cloud_by_default(
    webui: tuple[Program, list[str], Path],
) -> None:
    program = webui[0]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with program.serving("--port", str(port), "--no-ssl", url=url) as running:
        about = running.get("/standin/options").json()
        assert about["api_base"] == "https://integrate.api.nvidia.com/v1"
        assert "cloud" in running.log.read_text()


def test_the_webui_needs_a_certificate(
    webui: tuple[Program, list[str], Path], tmp_path: Path
) -> None:
    done = webui[0].run("--ssl-cert", "/none", "--ssl-key", "/none", PATH=str(tmp_path))
    assert (done.returncode, "certificates not found" in done.stderr) == (1, True)
    assert webui[0].run("--max-tokens", "100").returncode == 2


def test_the_plain_program_shows_what_it_was_given(tmp_path: Path) -> None:
    program, port = Program.of(tmp_path, PLAIN, ORIN), free_port()
    words = ("--port", str(port), "--status", "204", "--", "a b", "$c")
    with program.serving(*words, url=f"http://127.0.0.1:{port}", GREETING="four") as running:
        assert running.get("/").status_code == 204
        about = running.get("/standin/options").json()
        assert about["argv"] == list(words)
        assert about["environment"]["GREETING"] == 4
        there = running.get(f"/standin/file?path={tmp_path}").json()
        assert there == {"path": str(tmp_path), "exists": True, "writable": True}
    assert program.run("--fail", "3").returncode == 3
