"""Answers of a hostile or broken server: they end, are cut, and do not command a terminal."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import READY, joined
from tests.board.canned_server import Answer, Canned
from tests.board.ready_runs import CHAT, EVENTS, OPENAI, answers, delta, ready, sse

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
COSMOS = {"kind": "openai", "models": ["/models/cosmos"]}


@lru_cache
def program() -> dict[str, Any]:
    """The names of the program, as the boards run it."""
    found: dict[str, Any] = {"__name__": "ready"}
    exec(compile(joined(READY), "ready", "exec"), found)  # noqa: S102 - our own program
    return found


@contextmanager
def sending(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """Serve one request with these bytes, with a pause after each; the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            talk, _ = listening.accept()
            with talk:
                talk.recv(65536)
                for part in parts:
                    try:
                        talk.sendall(part)
                    except OSError:
                        return
                    time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def asked(url: str, seconds: float = 0.5) -> Callable[[], object]:
    """The question for the models of a server, with a limit of time."""
    server = program()["OpenAI"]({"url": url, "models": []}, "", seconds)
    return lambda: server.get("/v1/models")


@pytest.mark.parametrize("length", [b"Content-Length: 100\r\n", b""])
def test_an_answer_that_trickles_ends_at_the_limit(length: bytes) -> None:
    with sending(HEAD + length + b"\r\n", *[b" "] * 50, pause=0.1) as url:
        begun = time.monotonic()
        with pytest.raises(program()["NotYet"], match="has not ended after"):
            asked(url)()
        assert time.monotonic() - begun < 3


def test_an_answer_of_many_events_ends_at_the_limit() -> None:
    event = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    answer = HEAD.replace(b"application/json", b"text/event-stream") + b"\r\n"
    with sending(answer, *[event] * 50, pause=0.1) as url:
        opened = program()["OpenAI"]({"url": url, "models": []}).opened("/", None, (), 5)
        with opened as stream, pytest.raises(TimeoutError):
            list(program()["events"](stream, 0.5, streamed=True))


@pytest.mark.parametrize("length", [b"Content-Length: 100\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_an_answer_that_ends_early_is_no_answer_yet(length: bytes) -> None:
    body = b'{"data": []' if b"100" in length else b'ff\r\n{"data": []'
    with sending(HEAD + length + b"\r\n" + body) as url, pytest.raises(program()["NotYet"]):
        asked(url, 5)()


def test_an_answer_ends_with_its_length_though_the_connection_stays() -> None:
    head = HEAD + b"Content-Length: 12\r\n\r\n"
    with sending(head, b'{"data": []}', b"", pause=1.5) as url:
        begun = time.monotonic()
        assert asked(url, 20)() == {"data": []}
        assert time.monotonic() - begun < 6


def test_events_without_an_end_are_refused(tmp_path: Path, server: Canned) -> None:
    events = f"data: {json.dumps(delta(content='a'))}\n\n" * (17 << 14)
    server.answers = {**OPENAI, CHAT: Answer(events, kind=EVENTS)}
    done = ready(tmp_path, server, **COSMOS)
    assert done.returncode == 1
    assert "larger than 16777216 bytes" in done.stderr


def test_a_long_text_is_cut(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: sse(*(delta(content="word " * 1000) for _ in range(9)))}
    [answer] = answers(ready(tmp_path, server, **COSMOS))
    assert len(answer["text"]) == program()["TEXT"]


ESCAPE = "\x1b[2J\x07\x9b31m\u202e\r\nname "
HOSTILE = {
    "models": {"/v1/models": Answer({"data": [{"id": ESCAPE * 500}]})},
    "an error": {CHAT: sse({"error": ESCAPE * 500})},
    "a refusal": {CHAT: Answer(ESCAPE * 500, status=500)},
    "another form": {"/v1/models": Answer({"data": [{ESCAPE: 1}]})},
    "no JSON": {"/v1/models": Answer(ESCAPE * 500)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_sentence_of_a_server_is_printable_and_cut(
    tmp_path: Path, server: Canned, name: str
) -> None:
    server.answers = {**OPENAI, **HOSTILE[name]}
    done = ready(tmp_path, server, **COSMOS)
    assert done.returncode == 1
    assert done.stderr.removesuffix("\n").isprintable(), done.stderr
    assert len(done.stderr) < 800


def test_an_answer_is_printed_without_marks_of_direction(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: sse(delta(content="4, 5, 6 \u202e\x9b31m seven"))}
    done = ready(tmp_path, server, **COSMOS)
    assert done.returncode == 0
    assert done.stdout.removesuffix("\n").isprintable()


def test_outputs_of_an_inference_are_cut(tmp_path: Path, server: Canned) -> None:
    output = {"name": "y" * 9000, "datatype": ESCAPE, "shape": [1]}
    wanted = {"name": "x", "data_type": "TYPE_INT8", "dims": [1]}
    config = {"backend": "onnxruntime", "input": [wanted]}
    server.answers = {
        "/v2/health/ready": Answer(""),
        "/v2/models/net/ready": Answer(""),
        "/v2/models/net/config": Answer(config),
        "/v2/models/net/infer": Answer({"outputs": [output] * 1000}),
    }
    [answer] = answers(ready(tmp_path, server, kind="triton", models=["net"]))
    assert len(json.dumps(answer)) < 20_000


@pytest.mark.parametrize("dims", [["9" * 100_000], [10**18] * 1000, ["9" * 17] * 200_000])
def test_large_numbers_cost_no_time(dims: list[object]) -> None:
    inference = program()["inference"]
    begun = time.monotonic()
    with pytest.raises((ValueError, program()["Unasked"])):
        inference({"input": [{"name": "x", "data_type": "TYPE_INT8", "dims": dims}]})
    assert time.monotonic() - begun < 5


def test_a_link_to_nothing_among_the_weights_does_not_count(tmp_path: Path, server: Canned) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "model.safetensors").symlink_to(tmp_path / "gone")
    server.answers = {**OPENAI, CHAT: sse(*(delta(content="!") for _ in range(32)))}
    [answer] = answers(ready(tmp_path, server, folders=[str(folder)], **COSMOS))
    assert answer["doubts"] == ["its answer is rubbish (no letter and no digit)"]


def test_a_key_that_cannot_be_read_is_one_sentence(tmp_path: Path, server: Canned) -> None:
    server.answers = OPENAI
    done = ready(tmp_path, server, key="MY_KEY", **COSMOS)
    assert done.returncode == 1
    assert done.stderr.endswith("is damaged: run the deploy again\n")
    assert len(done.stderr.splitlines()) == 1


NOT_ASKED = "it was not asked: it answers no chat, and embeds, ranks and transcribes nothing"


def unsupported(what: str, status: int = 400) -> Answer:
    return Answer({"error": {"message": f"The model does not support {what} API"}}, status=status)


def test_a_model_that_embeds_without_an_option_is_asked_for_a_vector(
    tmp_path: Path, server: Canned
) -> None:
    vector = Answer({"data": [{"embedding": [0.5, 1]}, {"embedding": [1, 1]}]})
    chat = unsupported("Chat Completions")
    server.answers = {**OPENAI, CHAT: chat, "/v1/embeddings": vector}
    [answer] = answers(ready(tmp_path, server, **COSMOS))
    assert answer["outputs"] == ["a vector of 2 numbers"]


def test_a_model_that_only_classifies_is_a_doubt(tmp_path: Path, server: Canned) -> None:
    chat, vector = (unsupported(what, 501) for what in ("Chat Completions", "Embeddings"))
    server.answers = {**OPENAI, CHAT: chat, "/v1/embeddings": vector}
    [answer] = answers(ready(tmp_path, server, **COSMOS))
    assert answer["doubts"] == [NOT_ASKED]


@pytest.mark.parametrize(
    "chat",
    [
        Answer({"error": "CUDA error: operation does not support this device"}, status=500),
        Answer({"message": "The model `x` does not exist.", "type": "NotFoundError"}, status=404),
        Answer({"message": "a chat template must be given"}, status=400),
    ],
)
def test_another_refusal_of_a_chat_is_not_ready(
    tmp_path: Path, server: Canned, chat: Answer
) -> None:
    vector = Answer({"data": [{"embedding": [0.5, 1]}, {"embedding": [1, 1]}]})
    server.answers = {**OPENAI, CHAT: chat, "/v1/embeddings": vector}
    done = ready(tmp_path, server, **COSMOS)
    assert done.returncode == 1
    assert "/v1/chat/completions answered" in done.stderr
