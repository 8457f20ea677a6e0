"""What a service is asked before it counts as ready, by the program that the boards run."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import READY, joined, program
from tests.board.canned_server import Answer, Canned, serving

EVENTS, LINES = "text/event-stream; charset=utf-8", "application/x-ndjson"
CHAT = "/v1/chat/completions"


def sse(*events: Any) -> Answer:
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return Answer("".join([*lines, "data: [DONE]\n\n"]), kind=EVENTS)


def delta(**words: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": words}]}


def usage(tokens: int) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": tokens}}


MODELS = Answer({"object": "list", "data": [{"id": "/models/cosmos"}]})
HELLO = sse(
    delta(role="assistant", content=""), delta(content="Hel"), delta(content="lo"), usage(2)
)
OPENAI = {"/health": Answer(""), "/v1/models": MODELS, CHAT: HELLO}


@pytest.fixture
def server() -> Iterator[Canned]:
    """A server with prepared answers that records its requests."""
    with serving() as canned:
        yield canned


def ready(
    folder: Path, server: Canned, *arguments: str, env: str = "", **about: Any
) -> subprocess.CompletedProcess[str]:
    """Run the program on a ready.json of these keys."""
    path = folder / "ready"
    path.write_text(joined(READY))
    (folder / "ready.json").write_text(json.dumps({"url": server.url, **about}))
    if env:
        (folder / "env").write_text(env)
    return subprocess.run(
        [sys.executable, str(path), str(folder / "ready.json"), *(arguments or ["--now"])],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1
    return list(json.loads(lines[0])["answers"])


def test_openai_streams_a_generation(tmp_path: Path, server: Canned) -> None:
    server.answers = OPENAI
    [answer] = answers(ready(tmp_path, server, kind="openai", models=["/models/cosmos"]))
    assert (answer["model"], answer["text"], answer["tokens"]) == ("/models/cosmos", "Hello", 2)
    assert 0 < answer["first_token_seconds"] <= answer["seconds"]
    assert [path for path, _ in server.asked] == ["/health", "/v1/models", CHAT]
    assert server.body(CHAT)["stream"] is True


def test_reasoning_counts_as_text(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: sse(delta(reasoning_content="Well"), usage(1))}
    [answer] = answers(ready(tmp_path, server, kind="openai", models=["/models/cosmos"]))
    assert answer["text"] == "Well"


def test_a_server_that_answers_all_at_once_has_no_first_token(
    tmp_path: Path, server: Canned
) -> None:
    whole = {"choices": [{"message": {"content": "Hello"}}], "usage": {"completion_tokens": 3}}
    server.answers = {**OPENAI, CHAT: Answer(whole)}
    [answer] = answers(ready(tmp_path, server, kind="openai", models=["/models/cosmos"]))
    assert (answer["tokens"], answer["first_token_seconds"]) == (3, None)


def test_a_vision_model_is_shown_a_picture(tmp_path: Path, server: Canned) -> None:
    server.answers = OPENAI
    [answer] = answers(
        ready(tmp_path, server, kind="openai", models=["/models/cosmos"], vision=True)
    )
    assert answer["image"]["text"] == "Hello"
    picture, _ = server.body(CHAT)["messages"][0]["content"]
    png = base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/png;base64,"))
    # Processors of Qwen-VL models refuse a side below 32 pixels.
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (64, 64)


def test_the_key_comes_from_the_env_file(tmp_path: Path, server: Canned) -> None:
    server.answers = OPENAI
    env = "OTHER_KEY=no\nMY_KEY=s3=cret\n"
    answers(
        ready(tmp_path, server, env=env, kind="openai", models=["/models/cosmos"], key="MY_KEY")
    )
    assert {head["Authorization"] for _, head in server.asked} == {"Bearer s3=cret"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"/v1/models": Answer({"data": [{"id": "other"}]})}, "serves other, not /models/cosmos"),
        (
            {CHAT: Answer({"error": "EngineDead"}, status=500)},
            'answered 500: {"error": "EngineDead"',
        ),
        (
            {CHAT: sse({"error": {"message": "CUDA error"}})},
            "failed to generate: {'message': 'CUDA",
        ),
        ({CHAT: sse(delta(content=""), usage(0))}, "generated nothing"),
        ({"/health": Answer("", status=503)}, "does not answer: HTTP Error 503"),
    ],
)
@pytest.mark.parametrize("picture", [False, True])
def test_what_is_wrong_is_said(
    tmp_path: Path, server: Canned, wrong: dict[str, Answer], sentence: str, *, picture: bool
) -> None:
    server.answers = {**OPENAI, **wrong}
    done = ready(tmp_path, server, kind="openai", models=["/models/cosmos"], vision=picture)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_it_waits_until_the_server_answers(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, "/health": [Answer("", status=503), Answer("", status=503)]}
    done = ready(tmp_path, server, "--", kind="openai", models=["/models/cosmos"])
    assert [answer["text"] for answer in answers(done)] == ["Hello"]
    assert [path for path, _ in server.asked].count("/health") == 3
    assert done.stderr.splitlines() == ["not ready yet: HTTP Error 503: Service Unavailable"]


TAGS = Answer({"models": [{"name": "gemma3:4b"}, {"name": "phi4-mini:latest"}]})
PIECES = Answer(
    "".join(
        json.dumps(piece) + "\n"
        for piece in (
            {"response": "Hi", "done": False},
            {"response": "!", "done": False},
            {"response": "", "done": True, "eval_count": 7},
        )
    ),
    kind=LINES,
)
OLLAMA = {
    "/api/version": Answer({"version": "0.6.8"}),
    "/api/tags": TAGS,
    "/api/generate": PIECES,
}


def test_ollama_lists_all_and_generates_with_the_first(tmp_path: Path, server: Canned) -> None:
    server.answers = OLLAMA
    done = ready(tmp_path, server, kind="ollama", models=["phi4-mini", "gemma3:4b"])
    [answer] = answers(done)
    assert (answer["model"], answer["text"], answer["tokens"]) == ("phi4-mini:latest", "Hi!", 7)
    assert answer["first_token_seconds"] > 0


def test_ollama_lacks_a_model(tmp_path: Path, server: Canned) -> None:
    server.answers = OLLAMA
    done = ready(tmp_path, server, kind="ollama", models=["gemma3:4b", "gemma3:27b"])
    assert done.returncode == 1
    assert "serves gemma3:4b, phi4-mini:latest, not gemma3:27b" in done.stderr


def test_triton_asks_each_model_and_generates_with_those_of_vllm(
    tmp_path: Path, server: Canned
) -> None:
    stream = "/v2/models/llm/generate_stream"
    server.answers = {
        "/v2/health/ready": Answer(""),
        "/v2/models/llm/ready": [Answer("", status=400)],
        "/v2/models/llm/config": Answer({"name": "llm", "backend": "vllm"}),
        "/v2/models/twice/ready": Answer(""),
        "/v2/models/twice/config": Answer({"name": "twice", "backend": "python"}),
        stream: sse({"text_output": "A "}, {"text_output": "lane"}),
    }
    done = ready(tmp_path, server, kind="triton", models=["llm", "twice"])
    assert "does not answer: HTTP Error 400" in done.stderr
    [answer] = answers(ready(tmp_path, server, kind="triton", models=["llm", "twice"]))
    assert (answer["model"], answer["text"], answer["tokens"]) == ("llm", "A lane", 2)
    assert "/v2/models/twice/ready" in [path for path, _ in server.asked]


@pytest.mark.parametrize(("status", "want"), [(200, 200), (302, 302), (404, 404)])
def test_any_other_server_answers_one_status(
    tmp_path: Path, server: Canned, status: int, want: int
) -> None:
    server.answers = {"/up": Answer("", status=status)}
    assert answers(ready(tmp_path, server, kind="http", health="/up", status=want)) == []


@pytest.mark.parametrize("status", [204, 302, 404, 503])
def test_another_status_is_not_ready(tmp_path: Path, server: Canned, status: int) -> None:
    server.answers = {"/up": Answer("", status=status), "/login": Answer("")}
    done = ready(tmp_path, server, kind="http", health="/up")
    assert done.returncode == 1
    assert f"does not answer: status {status}, not 200" in done.stderr


def test_a_certificate_of_its_own_is_good_enough(tmp_path: Path) -> None:
    with serving(tls=tmp_path) as server:
        server.answers = {"/": Answer("")}
        assert answers(ready(tmp_path, server, kind="http", tls=True)) == []


def test_an_answer_is_cut_at_a_blank_so_that_no_part_of_a_secret_is_left() -> None:
    found: dict[str, Any] = {"__name__": "ready"}
    exec(compile(joined(READY), "ready", "exec"), found)  # noqa: S102 - our own program
    cut, most = found["cut"], found["MOST"]
    assert cut("short text") == "short text"
    long = "words " * 82 + "canary-" + "x" * 40
    assert len(long) > most
    assert cut(long) == ("words " * 82).rstrip()


DEEP = "[" * 100_000
UNKNOWN = {
    "no JSON": ("<html>", "something other than JSON"),
    "deep": (DEEP, "JSON"),
    "levels": ("[" * 70 + "]" * 70, "JSON of more than 64 levels"),
    "not a number": ('{"data": NaN}', "with NaN, which is not JSON"),
    "half a pair": ('{"data": ["\\ud800"]}', "something other than JSON"),
    "a list": ("[]", "in an unknown form"),
    "null": ("null", "in an unknown form"),
    "other data": ('{"data": [7]}', "in an unknown form"),
    "large": ('"' + "x" * (17 << 20) + '"', "more than 16777216 bytes"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_answer_that_is_not_understood_is_one_sentence(
    tmp_path: Path, server: Canned, name: str
) -> None:
    text, said = UNKNOWN[name]
    server.answers = {**OPENAI, "/v1/models": Answer(text)}
    done = ready(tmp_path, server, kind="openai", models=["/models/cosmos"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr[:2000]
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize(
    "event", [DEEP, '{"choices": [NaN]}', '{"choices": 7}', '{"choices": [7]}']
)
def test_an_event_that_is_not_understood_is_one_sentence(
    tmp_path: Path, server: Canned, event: str
) -> None:
    body = f'data: {{"a": {event}}}\n\n' if event == DEEP else f"data: {event}\n\n"
    server.answers = {**OPENAI, CHAT: Answer(body, kind=EVENTS)}
    done = ready(tmp_path, server, kind="openai", models=["/models/cosmos"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr[:2000]


@pytest.mark.parametrize("content", ["", "[]", "{", "{}", "null", DEEP])
@pytest.mark.parametrize("name", ["ready.py", "port.py", "prestart.py"])
def test_a_damaged_ready_json_is_one_sentence(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "cosmos/ready.json"
    path.parent.mkdir()
    path.write_text(content)
    (tmp_path / name).write_text(joined(READY) if name == "ready.py" else program(name))
    done = subprocess.run(
        [sys.executable, str(tmp_path / name), str(path)], capture_output=True, text=True,
        check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip().endswith("run the deploy again"), done.stderr[:2000]
    assert len(done.stderr.splitlines()) == 1, done.stderr[:2000]
