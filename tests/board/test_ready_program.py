"""What a service is asked before it counts as ready, by the program that the boards run."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import READY, joined, program
from tests.board.canned_server import Answer, Canned, serving
from tests.board.ready_runs import (
    CHAT,
    EVENTS,
    OPENAI,
    answers,
    delta,
    ready,
    sse,
    usage,
)


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
    "levels": ("[" * 70 + "]" * 70, "nested deeper than 64 levels"),
    "not a number": ('{"data": NaN}', "NaN, which is not JSON"),
    "half a pair": ('{"data": ["\\ud800"]}', "in an unknown form"),
    "a list": ("[]", "in an unknown form"),
    "null": ("null", "in an unknown form"),
    "other data": ('{"data": [7]}', "in an unknown form"),
    "large": ('"' + "x" * (17 << 20) + '"', "larger than 16777216 bytes"),
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
