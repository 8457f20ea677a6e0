"""Ollama of the stand-in images, as a process over a store that is laid out as on a board."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins.ollama_runs import BUILT, LARGE, OFFICIAL, SMALL, serving, sideload
from tests.support.standin_programs import NANO, THOR, Program, Running, events, free_port
from twins.standins.servers.ollama import settings
from twins.standins.servers.ollama.store import Name

ASKED = {"model": SMALL, "prompt": "Why is the sky blue?", "stream": False}


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Path]:
    folder = tmp_path_factory.mktemp("nano")
    sideload(folder / "store", SMALL, LARGE, "smollm2:135m-instruct-q2_K")
    return Program.of(folder, BUILT, NANO), folder / "store"


@pytest.fixture(scope="module")
def running(nano: tuple[Program, Path]) -> Iterator[Running]:
    with serving(*nano, OLLAMA_KEEP_ALIVE="10m") as started:
        yield started


def test_it_lists_what_is_on_disk_now(nano: tuple[Program, Path], running: Running) -> None:
    assert running.get("/").text == "Ollama is running"
    assert running.get("/api/version").json() == {"version": "0.6.8"}
    listed = {m["name"]: m for m in running.get("/api/tags").json()["models"]}
    assert set(listed) == {SMALL, LARGE, "smollm2:135m-instruct-q2_K"}
    assert listed[SMALL]["details"]["quantization_level"] == "Q4_K_M"
    sideload(nano[1], "qwen3:1.7b")
    names = {m["id"] for m in running.get("/v1/models").json()["data"]}
    assert names == {*listed, "qwen3:1.7b"}
    shown = running.post("/api/show", {"model": SMALL}).json()
    assert shown["details"] == listed[SMALL]["details"]
    assert shown["parameters"]


def test_it_generates_whole_and_in_lines(running: Running) -> None:
    whole = running.post("/api/generate", ASKED).json()
    assert (whole["done"], whole["done_reason"]) == (True, "stop")
    assert whole["eval_count"] == len(whole["response"].split())
    assert 0 < whole["eval_duration"] < whole["total_duration"]
    answer = running.post("/api/generate", {**ASKED, "stream": True})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "".join(line["response"] for line in lines) == whole["response"]
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    short = running.post("/api/generate", {**ASKED, "options": {"num_predict": 3}}).json()
    assert (short["eval_count"], short["done_reason"]) == (3, "length")


def test_it_speaks_openai(running: Running) -> None:
    assert running.chat(SMALL).json()["usage"]["completion_tokens"] == 8
    assert len(events(running.chat(SMALL, stream=True))) > 8
    messages = [{"role": "user", "content": "hello"}]
    asked = {"model": SMALL, "messages": messages, "stream": False}
    assert running.post("/api/chat", asked).json()["message"]["content"]


def test_one_model_makes_room_for_another(nano: tuple[Program, Path]) -> None:
    with serving(*nano, OLLAMA_MAX_LOADED_MODELS="1") as running:
        for name in (LARGE, SMALL):
            assert running.post("/api/generate", {**ASKED, "model": name}).status_code == 200
            (loaded,) = running.get("/api/ps").json()["models"]
            assert loaded["name"] == name
        assert loaded["size_vram"] == loaded["size"] < 2.5e9
        gone = running.post("/api/generate", {"model": SMALL, "keep_alive": 0}).json()
        assert gone["done_reason"] == "unload"
        assert running.get("/api/ps").json() == {"models": []}


def test_a_large_model_takes_what_was_measured(running: Running) -> None:
    """Qwen3 8B took 6.5 GB of an Orin Nano, as its owner wrote down."""
    loaded = running.post("/api/generate", {"model": LARGE}).json()
    assert loaded["done_reason"] == "load"
    sizes = {m["name"]: m["size"] for m in running.get("/api/ps").json()["models"]}
    assert sizes[LARGE] == pytest.approx(6.5e9, rel=0.1)


def test_a_model_is_let_go_when_its_time_is_over(running: Running) -> None:
    running.post("/api/generate", {**ASKED, "keep_alive": "1ns"})
    running.wait_for(lambda: SMALL not in str(running.get("/api/ps").json()))
    bad = running.post("/api/generate", {**ASKED, "keep_alive": "soon"})
    assert (bad.status_code, "invalid duration" in bad.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "asked", "status", "sentence"),
    [
        ("/api/generate", {"model": "none", "prompt": "x"}, 404, "model 'none' not found"),
        ("/api/show", {"model": "none"}, 404, "model 'none' not found"),
        ("/api/generate", {"prompt": "x"}, 400, "model is required"),
        ("/v1/chat/completions", {"model": SMALL, "messages": []}, 400, "at least one message"),
    ],
)
def test_what_is_refused(
    running: Running, path: str, asked: dict[str, Any], status: int, sentence: str
) -> None:
    answer = running.post(path, asked)
    assert (answer.status_code, sentence in answer.text) == (status, True)


def test_a_missing_or_broken_blob_is_named(tmp_path: Path) -> None:
    program, store = Program.of(tmp_path, BUILT, NANO), tmp_path / "store"
    sideload(store, SMALL)
    blob = max((store / "blobs").iterdir(), key=lambda path: path.stat().st_size)
    content = blob.read_bytes()
    with serving(program, store) as running:
        blob.write_bytes(b"PK" + content[2:])
        assert "invalid magic" in running.post("/api/generate", ASKED).json()["error"]
        blob.write_bytes(content[:-64])
        assert "not within the file bounds" in running.post("/api/generate", ASKED).json()["error"]
        blob.unlink()
        answer = running.post("/api/generate", ASKED)
        assert (answer.status_code, blob.name in answer.json()["error"]) == (500, True)


def test_blobs_of_no_manifest_go_at_the_start_by_default(tmp_path: Path) -> None:
    program, store = Program.of(tmp_path, BUILT, NANO), tmp_path / "store"
    sideload(store, SMALL)
    lone = [store / "blobs" / name for name in (f"sha256-{'0' * 64}", f"sha256-{'1' * 64}-partial")]
    for path in lone:
        path.write_bytes(b"x")
    with serving(program, store, OLLAMA_NOPRUNE="1"):
        assert all(path.exists() for path in lone)
    with serving(program, store) as running:
        assert not any(path.exists() for path in lone)
        assert running.post("/api/generate", ASKED).status_code == 200


def test_memory_of_the_board_is_one(nano: tuple[Program, Path]) -> None:
    program, store = nano
    with serving(program, store) as first, serving(program, store) as second:
        assert first.post("/api/generate", {"model": LARGE}).status_code == 200
        answer = second.post("/api/generate", {"model": LARGE})
        assert (answer.status_code, "requires more system memory" in answer.text) == (500, True)
        first.process.kill()
        first.process.wait()
        assert second.post("/api/generate", {"model": LARGE}).status_code == 200


def test_an_image_for_another_gpu_dies_at_the_first_words(tmp_path: Path) -> None:
    program, store = Program.of(tmp_path, BUILT, THOR), tmp_path / "store"
    sideload(store, SMALL)
    with serving(program, store) as running:
        answer = running.post("/api/generate", ASKED)
        assert (answer.status_code, "no kernel image" in answer.text) == (500, True)


@pytest.mark.parametrize(("jetpack", "on_gpu"), [("6", True), ("", False), ("5", True)])
def test_the_official_image_needs_its_jetpack_in_a_variable(
    tmp_path: Path,
    jetpack: str,
    on_gpu: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    program, store = Program.of(tmp_path, OFFICIAL, NANO), tmp_path / "store"
    sideload(store, SMALL)
    with serving(program, store, JETSON_JETPACK=jetpack) as running:
        running.post("/api/generate", ASKED)
        (loaded,) = running.get("/api/ps").json()["models"]
        assert loaded["size_vram"] == (loaded["size"] if on_gpu else 0)


def test_the_environment_is_shown_as_it_was_read(nano: tuple[Program, Path]) -> None:
    env = {
        "OLLAMA_KEEP_ALIVE": "10m", "OLLAMA_GPU_OVERHEAD": "268435456",
        "OLLAMA_NUM_PARALLEL": "many", "OLLAMA_FLASH_ATTENTION": "1",
    }  # fmt: skip
    with serving(*nano, **env) as running:
        shown = running.get("/standin/options").json()
        assert (shown["keep_alive"], shown["gpu_overhead"]) == (600, 268435456)
        assert (shown["num_parallel"], shown["flash_attention"]) == (0, True)
        log = running.log.read_text()
        assert "using default" in log
        assert "OLLAMA_NUM_PARALLEL" in log


def test_its_commands_ask_the_server(nano: tuple[Program, Path], running: Running) -> None:
    program, _ = nano
    env = {"OLLAMA_HOST": running.url}
    assert program.run("--version", **env).stdout == "ollama version is 0.6.8\n"
    assert SMALL in program.run("list", **env).stdout
    assert program.run("run", SMALL, "hello", **env).stdout.strip()
    assert SMALL in program.run("ps", **env).stdout
    assert program.run("stop", SMALL, **env).returncode == 0
    assert SMALL not in program.run("ps", **env).stdout
    failed = program.run("show", "none", **env)
    assert (failed.returncode, failed.stderr) == (1, "Error: model 'none' not found\n")
    assert program.run("list", OLLAMA_HOST=f"127.0.0.1:{free_port()}").returncode == 1
    assert "unknown command" in program.run("srve").stderr


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("KEEP_ALIVE", "10m", "keep_alive", 600),
        ("KEEP_ALIVE", "90", "keep_alive", 90),
        ("KEEP_ALIVE", "-1", "keep_alive", settings.FOREVER),
        ("KEEP_ALIVE", "x", "keep_alive", 300),
        ("KEEP_ALIVE", "1h30m", "keep_alive", 5400),
        ("LOAD_TIMEOUT", "0", "load_timeout", settings.FOREVER),
        ("GPU_OVERHEAD", "256MB", "gpu_overhead", 0),
        ("CONTEXT_LENGTH", "8192", "context_length", 8192),
        ("DEBUG", "yes", "debug", True),
        ("DEBUG", "false", "debug", False),
        ("NOPRUNE", '"1"', "noprune", True),
        ("HOST", "192.0.2.1", "host", "192.0.2.1"),
        ("HOST", ":99999", "port", 11434),
        ("HOST", "http://[::1]:8080", "port", 8080),
        ("HOST", "https://board", "port", 443),
        ("MODELS", "/m", "models", "/m"),
    ],
)
def test_settings_are_typed_as_the_real_ones(
    name: str, value: str, field: str, read: object
) -> None:
    assert settings.read({f"OLLAMA_{name}": value}).shown()[field] == read


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("qwen3", "qwen3:latest"),
        ("qwen3:8b", "qwen3:8b"),
        ("someone/x:1", "someone/x:1"),
        ("hf.co/a/b:Q4", "hf.co/a/b:Q4"),
    ],
)
def test_names_are_listed_short(text: str, short: str) -> None:
    assert Name.read(text).short == short
