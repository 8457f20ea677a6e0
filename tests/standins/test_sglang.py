"""SGLang of the stand-in images, as a process."""

from __future__ import annotations

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

OLD = "docker.io/dustynv/sglang:0.4.7-r36.4-cu128-24.04"
NEW = "nvcr.io/nvidia/sglang:26.01-py3"
TEXT = "Qwen/Qwen3-8B"
KEY = {"Authorization": "Bearer correct-horse"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Running]]:
    folder, port = tmp_path_factory.mktemp("sglang"), free_port()
    program, files = Program.of(folder, NEW, THOR), model(folder / "m", TEXT)
    words = ("--model-path", str(files), "--served-model-name", "qwen", "--port", str(port))
    more = ("--mem-fraction-static", "0.5", "--context-length", "4096", "--cuda-graph-bs", "1", "2")
    url = f"http://127.0.0.1:{port}"
    with program.serving(*words, *more, "--api-key=correct-horse", url=url) as running:
        yield program, running


def test_it_is_busy_while_it_warms_up(served: tuple[Program, Running]) -> None:
    _, running = served
    seen = {running.get("/health_generate").status_code}
    running.wait_for(lambda: running.get("/health_generate").status_code == 200)
    assert seen <= {200, 503}
    log = running.log.read_text()
    assert log.index("Uvicorn running") < log.index("fired up and ready to roll")


def test_it_asks_for_its_key(served: tuple[Program, Running]) -> None:
    _, running = served
    running.wait_for(lambda: running.get("/health").status_code == 200)
    for path in ("/v1/models", "/get_model_info", "/standin/options"):
        assert running.get(path).status_code == 401
        assert running.get(path, headers=KEY).status_code == 200
    assert running.chat("qwen").status_code == 401
    (card,) = running.get("/v1/models", headers=KEY).json()["data"]
    assert (card["id"], card["max_model_len"]) == ("qwen", 4096)
    found = running.get("/standin/options", headers=KEY).json()
    assert (found["mem-fraction-static"], found["cuda-graph-bs"]) == (0.5, [1, 2])
    assert found["api-key"] == "***"


def test_it_answers(served: tuple[Program, Running]) -> None:
    _, running = served
    running.wait_for(lambda: running.get("/health").status_code == 200)
    body = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
    whole = running.post("/v1/chat/completions", body, headers=KEY).json()
    assert whole["usage"]["completion_tokens"] == 5
    streamed = events(running.post("/v1/chat/completions", {**body, "stream": True}, headers=KEY))
    said = "".join(part["choices"][0]["delta"].get("content", "") for part in streamed)
    assert said == whole["choices"][0]["message"]["content"]
    seen = {"messages": [{"role": "user", "content": [picture()]}]}
    assert running.post("/v1/chat/completions", seen, headers=KEY).status_code == 400


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["--max-model-len", "5"], 2, "unrecognized arguments: --max-model-len"),
        (["--context-length", "long"], 2, "invalid int value: 'long'"),
        (["--kv-cache-dtype", "int1"], 2, "invalid choice: 'int1'"),
        (["--served-model-name", "a:b"], 1, "cannot contain a colon"),
        (["--mem-fraction-static", "0.01"], 137, "try to increase --mem-fraction-static"),
        (["--mem-fraction-static", "7"], 137, "CUDA out of memory"),
        (["--context-length", "-4"], 137, "context_length must be positive"),
        (["--context-length", "1000000"], 137, "greater than the derived context_length"),
    ],
)
def test_it_refuses(
    served: tuple[Program, Running], tmp_path: Path, words: list[str], status: int, sentence: str
) -> None:
    done = served[0].run("--model-path", str(model(tmp_path / "m", TEXT)), *words)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_it_needs_a_model(served: tuple[Program, Running]) -> None:
    done = served[0].run()
    assert (done.returncode, "are required: --model" in done.stderr) == (2, True), done.stderr


def test_an_older_one_has_other_options_and_other_kernels(tmp_path: Path) -> None:
    program, files = Program.of(tmp_path, OLD, ORIN), model(tmp_path / "m", TEXT)
    done = program.run("--model-path", str(files), "--skip-server-warmup")
    assert (done.returncode, "unrecognized arguments" in done.stderr) == (2, True)
    on_thor = Program.of(tmp_path / "thor", OLD, THOR).run("--model-path", str(files))
    assert (on_thor.returncode, "no kernel image" in on_thor.stderr) == (137, True)
    on_nano = Program.of(tmp_path / "nano", OLD, NANO).run("--model-path", str(files))
    assert (on_nano.returncode, "CUDA out of memory" in on_nano.stderr) == (137, True)
