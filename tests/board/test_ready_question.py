"""The easy question: a wrong answer is a doubt, rubbish of a large model is refused by name."""

from __future__ import annotations

import wave
from io import BytesIO
from pathlib import Path

import pytest

from tests.board.canned_server import Answer, Canned
from tests.board.ready_runs import CHAT, MODELS, OPENAI, answers, delta, ready, sse, usage

COUNTED = sse(delta(content="1, 2, 3, 4, "), delta(content="5, 6, 7, 8, 9, 10"), usage(29))
RUBBISH = sse(*(delta(content="!") for _ in range(32)))
NAMED = "/models/cosmos generates rubbish (no letter and no digit): '!!!!"


def weights(folder: Path, size: int) -> list[str]:
    """A folder with a file of this size, which takes no room."""
    (folder / "cosmos/sub").mkdir(parents=True)
    with (folder / "cosmos/sub/model.safetensors").open("wb") as file:
        file.truncate(size)
    return [str(folder / "cosmos")]


def test_the_question_is_the_same_each_time(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: COUNTED}
    [answer] = answers(ready(tmp_path, server, kind="openai", models=["/models/cosmos"]))
    assert answer["doubts"] == []
    asked = server.body(CHAT)
    assert "from 1 to 10" in asked["messages"][0]["content"]
    assert (asked["temperature"], asked["max_tokens"]) == (0, 32)


@pytest.mark.parametrize("size", [0, 4 << 30])
def test_a_wrong_count_is_a_doubt_of_any_model(tmp_path: Path, server: Canned, size: int) -> None:
    server.answers = OPENAI
    folders = weights(tmp_path, size)
    done = ready(tmp_path, server, kind="openai", models=["/models/cosmos"], folders=folders)
    [answer] = answers(done)
    assert answer["doubts"] == ["it does not count from 1 to 10"]


@pytest.mark.parametrize("thought", ["reasoning", "reasoning_content"])
def test_a_model_that_still_thinks_is_not_judged(
    tmp_path: Path, server: Canned, thought: str
) -> None:
    server.answers = {**OPENAI, CHAT: sse(delta(**{thought: "Okay, the user wants"}), usage(5))}
    [answer] = answers(ready(tmp_path, server, kind="openai", models=["/models/cosmos"]))
    assert answer["doubts"] == []


def test_rubbish_of_a_small_model_is_a_doubt(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: RUBBISH}
    folders = weights(tmp_path, 300 << 20)
    done = ready(tmp_path, server, kind="openai", models=["/models/cosmos"], folders=folders)
    [answer] = answers(done)
    assert answer["doubts"] == ["its answer is rubbish (no letter and no digit)"]


@pytest.mark.parametrize("mode", ["--now", "--"])
def test_rubbish_of_a_large_model_is_refused(tmp_path: Path, server: Canned, mode: str) -> None:
    server.answers = {**OPENAI, CHAT: RUBBISH}
    folders = weights(tmp_path, 4 << 30)
    about = {"kind": "openai", "models": ["/models/cosmos"], "folders": folders}
    done = ready(tmp_path, server, mode, **about)
    assert done.returncode == 1
    assert NAMED in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_rubbish_of_a_picture_is_refused_too(tmp_path: Path, server: Canned) -> None:
    chats = [COUNTED, RUBBISH]
    server.answers = {"/health": Answer(""), "/v1/models": MODELS, CHAT: chats}
    folders = weights(tmp_path, 4 << 30)
    about = {"kind": "openai", "models": ["/models/cosmos"], "folders": folders, "vision": True}
    done = ready(tmp_path, server, **about)
    assert done.returncode == 1
    assert NAMED in done.stderr, done.stderr


def test_a_server_of_vectors_is_asked_for_one(tmp_path: Path, server: Canned) -> None:
    rows = [{"index": 0, "embedding": [0.5, -0.5, 0]}, {"index": 1, "embedding": [0.5, 1, 1]}]
    vector = Answer({"data": rows})
    server.answers = {**OPENAI, CHAT: Answer("", status=404), "/v1/embeddings": vector}
    about = {"kind": "openai", "models": ["/models/cosmos"], "asks": "embeddings"}
    [answer] = answers(ready(tmp_path, server, **about))
    assert (answer["outputs"], answer["doubts"]) == (["a vector of 3 numbers"], [])
    assert server.body("/v1/embeddings")["model"] == "/models/cosmos"


@pytest.mark.parametrize(
    "content",
    [
        {"data": [{"embedding": [0, 0]}, {"embedding": [1, 0]}]},
        {"data": [{"embedding": [1, 0]}, {"embedding": [0, 0]}]},
        {"data": [{"embedding": [1, 2]}, {"embedding": [1, 2]}]},
        {"data": [{"embedding": [1, 2]}, {"embedding": [1, 2, 3]}]},
        {"data": [{"embedding": [1, "x"]}, {"embedding": [1, 2]}]},
        {"data": [{"embedding": [1, True]}, {"embedding": [1, 2]}]},
        {"data": [{"embedding": [1, 2]}]},
        {"data": [{"embedding": []}, {"embedding": []}]},
        {"data": []},
        {"data": [{"embedding": 7}, {"embedding": 7}]},
        [],
    ],
)
def test_no_vector_is_not_ready(tmp_path: Path, server: Canned, content: object) -> None:
    server.answers = {**OPENAI, "/v1/embeddings": Answer(content)}
    about = {"kind": "openai", "models": ["/models/cosmos"], "asks": "embeddings"}
    done = ready(tmp_path, server, **about)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr


OTHERWISE = {"kind": "openai", "models": ["/models/cosmos"], "asks": "nothing"}


def rank(*scores: object) -> Answer:
    rows = [{"index": at, "relevance_score": score} for at, score in enumerate(scores)]
    return Answer({"results": rows[::-1]})


def test_a_server_that_ranks_is_asked_for_a_rank(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, CHAT: Answer("", status=404), "/v1/rerank": rank(0.9, -0.1)}
    [answer] = answers(ready(tmp_path, server, **OTHERWISE))
    assert (answer["outputs"], answer["doubts"]) == (["a rank of 2 documents"], [])
    assert "Paris" in server.body("/v1/rerank")["documents"][0]
    assert CHAT not in [path for path, _ in server.asked]


def test_a_wrong_rank_is_a_doubt(tmp_path: Path, server: Canned) -> None:
    server.answers = {**OPENAI, "/v1/rerank": rank(0.1, 0.2)}
    [answer] = answers(ready(tmp_path, server, **OTHERWISE))
    assert answer["doubts"] == ["it ranks the wrong document first"]


@pytest.mark.parametrize(
    "content", [rank(0.5, 0.5), rank(0.5), rank("x", 1), Answer({}), Answer({"results": "x"})],
    ids=range(5),
)  # fmt: skip
def test_no_rank_is_not_ready(tmp_path: Path, server: Canned, content: Answer) -> None:
    server.answers = {**OPENAI, "/v1/rerank": content}
    done = ready(tmp_path, server, **OTHERWISE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_server_that_transcribes_hears_a_tone(tmp_path: Path, server: Canned) -> None:
    heard = "/v1/audio/transcriptions"
    server.answers = {**OPENAI, "/v1/rerank": Answer("no", status=500), heard: Answer({"text": ""})}
    [answer] = answers(ready(tmp_path, server, **OTHERWISE))
    assert (answer["outputs"], answer["doubts"]) == (["a transcription of 1 s"], [])
    sent = server.bodies[heard]
    assert b'name="model"\r\n\r\n/models/cosmos\r\n' in sent
    with wave.open(BytesIO(sent[sent.index(b"RIFF") :])) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (16000, 1, 16000)


@pytest.mark.parametrize("content", [{"text": 7}, {}, []])
def test_no_transcription_is_not_ready(tmp_path: Path, server: Canned, content: object) -> None:
    server.answers = {**OPENAI, "/v1/audio/transcriptions": Answer(content)}
    done = ready(tmp_path, server, **OTHERWISE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_server_of_neither_is_asked_for_its_models_only(tmp_path: Path, server: Canned) -> None:
    server.answers = OPENAI
    [answer] = answers(ready(tmp_path, server, **OTHERWISE))
    assert answer["doubts"][0].startswith("it was not asked: ")
