"""What an Ollama is asked at a start and by `verify`: its models, and where in memory they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.board.canned_server import Answer, Canned
from tests.board.ready_runs import LINES, answers, ready

SMALL, LARGE = "phi4-mini:latest", "gemma3:4b"
TAGS = Answer({"models": [{"name": LARGE, "size": 3 << 30}, {"name": SMALL, "size": 5 << 20}]})


def said(text: str, load: float = 0.0) -> Answer:
    """A generation in pieces, and how many seconds the load took."""
    end = {"response": "", "done": True, "eval_count": 7, "load_duration": int(load * 1e9)}
    pieces = [*({"response": one, "done": False} for one in text), end]
    return Answer("".join(json.dumps(piece) + "\n" for piece in pieces), kind=LINES)


def running(*rows: tuple[str, int, int]) -> Answer:
    """The models in memory: name, bytes, and bytes on the GPU."""
    found = [{"name": n, "model": n, "size": s, "size_vram": v} for n, s, v in rows]
    return Answer({"models": found})


def ollama(**more: Answer | list[Answer]) -> dict[str, Answer | list[Answer]]:
    paths: dict[str, Answer | list[Answer]] = {
        "/api/version": Answer({"version": "0.6.8"}),
        "/api/tags": TAGS,
        "/api/show": Answer({"capabilities": ["completion", "tools"]}),
        "/api/generate": said("1, 2, 3, 4, 5, 6", 2.5),
        "/api/ps": running((SMALL, 100, 100), (LARGE, 1000, 1000)),
    }
    return {**paths, **{f"/api/{name}": answer for name, answer in more.items()}}


LET_GO = (said("1, 2, 3, 4, 5, 6"), Answer({"response": "", "done": True}))


def asked(server: Canned) -> list[str]:
    return [path for path, _ in server.asked]


def test_the_first_model_generates_at_a_start(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama()
    done = ready(tmp_path, server, "--", kind="ollama", models=["phi4-mini", LARGE], gpu="partly")
    [answer] = answers(done)
    assert (answer["model"], answer["text"]) == (SMALL, "1, 2, 3, 4, 5, 6")
    assert (answer["tokens"], answer["load_seconds"]) == (7, 2.5)
    assert (answer["memory_bytes"], answer["gpu_share"]) == (100, 1.0)
    assert answer["first_token_seconds"] > 0
    assert asked(server).count("/api/generate") == 1


def test_each_model_of_the_set_is_asked_by_verify(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama(generate=[said("1, 2", 9.0), said("1, 2, 3, 4, 5, 6", 0.5)])
    found = answers(ready(tmp_path, server, kind="ollama", models=["phi4-mini", LARGE]))
    assert [answer["model"] for answer in found] == [SMALL, LARGE]
    # The first is asked last: it is in memory again, as after a start.
    assert [answer["load_seconds"] for answer in found] == [0.5, 9.0]
    assert [answer["doubts"] for answer in found] == [[], ["it does not count from 1 to 10"]]
    assert server.body("/api/generate")["model"] == SMALL


def test_each_that_fails_is_named(tmp_path: Path, server: Canned) -> None:
    memory = Answer({"error": "model requires more system memory"}, status=500)
    server.answers = ollama(generate=[memory, memory])
    done = ready(tmp_path, server, kind="ollama", models=["phi4-mini", LARGE])
    assert done.returncode == 1
    for name in (SMALL, LARGE):
        assert f"{name}: {server.url}/api/generate answered 500" in done.stderr


def test_a_model_that_is_not_there_is_named(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama()
    done = ready(tmp_path, server, kind="ollama", models=[LARGE, "gemma3:27b"])
    assert done.returncode == 1
    assert "serves gemma3:4b, phi4-mini:latest, not gemma3:27b" in done.stderr


@pytest.mark.parametrize(
    ("gpu", "on_gpu"),
    [("required", 1000), ("partly", 920), ("partly", 1), ("off", 0), ("off", 1000)],
)
def test_a_model_is_on_the_gpu_as_the_spec_requires(
    tmp_path: Path, server: Canned, gpu: str, on_gpu: int
) -> None:
    server.answers = ollama(ps=running((LARGE, 1000, on_gpu)))
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE], gpu=gpu))
    assert answer["gpu_share"] == on_gpu / 1000


LESS = {
    ("required", 920): "gemma3:4b is only 92 % on the GPU: choose a smaller model",
    ("required", 999): "gemma3:4b is only 99 % on the GPU",
    ("required", 0): "gemma3:4b is only 0 % on the GPU",
    ("partly", 0): "gemma3:4b is not on the GPU",
}


@pytest.mark.parametrize(("gpu", "on_gpu"), LESS)
@pytest.mark.parametrize("mode", ["--now", "--"])
def test_a_model_that_is_less_on_the_gpu_is_not_ready(
    tmp_path: Path, server: Canned, gpu: str, on_gpu: int, mode: str
) -> None:
    server.answers = ollama(ps=running((LARGE, 1000, on_gpu)))
    done = ready(tmp_path, server, mode, kind="ollama", models=[LARGE], gpu=gpu)
    assert done.returncode == 1
    assert LESS[gpu, on_gpu] in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_model_that_was_let_go_at_once_is_loaded_to_look(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama(generate=list(LET_GO), ps=[running(), running((LARGE, 10, 10))])
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE], gpu="required"))
    assert answer["gpu_share"] == 1
    assert server.body("/api/generate") == {"model": LARGE, "keep_alive": "10s", "stream": False}


@pytest.mark.parametrize(("gpu", "status"), [("off", 0), ("partly", 1)])
def test_a_model_that_does_not_stay_cannot_be_judged(
    tmp_path: Path, server: Canned, gpu: str, status: int
) -> None:
    server.answers = ollama(generate=list(LET_GO), ps=[running(), running()])
    done = ready(tmp_path, server, kind="ollama", models=[LARGE], gpu=gpu)
    assert done.returncode == status
    assert status == 0 or "not in memory after it was loaded" in done.stderr


def test_a_server_that_says_less_is_asked_less(tmp_path: Path, server: Canned) -> None:
    server.answers = {path: one for path, one in ollama().items() if path[5:] not in {"show", "ps"}}
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE]))
    assert "gpu_share" not in answer


def test_a_model_that_sees_is_shown_a_picture(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama(show=Answer({"capabilities": ["completion", "vision"]}))
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE]))
    assert answer["image"]["text"]
    assert server.body("/api/generate")["images"]


def test_a_model_that_does_not_see_is_shown_none(tmp_path: Path, server: Canned) -> None:
    server.answers = ollama()
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE]))
    assert "image" not in answer
    assert "images" not in server.body("/api/generate")


def embedder(vector: list[float]) -> dict[str, Any]:
    made = Answer({"embeddings": [vector, [0.5, 0.5]], "load_duration": 10**9})
    return ollama(show=Answer({"capabilities": ["embedding"]}), embed=made)


def test_a_model_that_only_embeds_embeds(tmp_path: Path, server: Canned) -> None:
    server.answers = embedder([0.5, -0.25])
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=[LARGE], gpu="required"))
    assert answer["outputs"] == ["a vector of 2 numbers"]
    assert (answer["load_seconds"], answer["gpu_share"]) == (1, 1)
    assert "/api/generate" not in asked(server)


def test_zeros_are_no_embedding(tmp_path: Path, server: Canned) -> None:
    server.answers = embedder([0.0, 0.0])
    done = ready(tmp_path, server, kind="ollama", models=[LARGE])
    assert done.returncode == 1
    assert "gemma3:4b embeds a text as zeros only" in done.stderr


def test_rubbish_is_judged_by_the_size_that_the_server_lists(
    tmp_path: Path, server: Canned
) -> None:
    server.answers = ollama(generate=said("!" * 32))
    [answer] = answers(ready(tmp_path, server, kind="ollama", models=["phi4-mini"]))
    assert answer["doubts"] == ["its answer is rubbish (no letter and no digit)"]
    done = ready(tmp_path, server, kind="ollama", models=[LARGE])
    assert "gemma3:4b generates rubbish" in done.stderr
