"""The probe against servers that answer, that others load, and that no person would want."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from jetfleet.rollout.gates.probe import Ask, probe_script, read_probe
from jetfleet.runtimes.benchmark import Benchmark, Clients
from jetfleet.transport.frame import FRAME
from tests.board.answering import Answers, answering
from tests.support.probes import run

METRICS = Clients(("running", "waiting"), ("ended",))
STORY = "Once upon a time there was a board which counted its tokens one after the other ."


def stream(*rows: object) -> str:
    return "".join(f"data: {json.dumps(row)}\n\n" for row in rows) + "data: [DONE]\n"


def words(prompt: str) -> str:
    """An answer in pieces that is another one for each prompt."""
    pieced = [f"{word} " for word in (prompt.split()[1], *STORY.split())]
    pieces = [{"choices": [{"text": word}]} for word in pieced]
    return stream(*pieces, {"choices": [], "usage": {"completion_tokens": len(pieced)}})


class Model(Answers):
    """Answers each prompt, after a moment between the first piece and the last."""

    busy: Any = ()
    more = 0
    text: Any = staticmethod(words)
    seen: list[str]

    def post(self) -> None:
        asked = json.loads(self.body())
        self.seen.append(asked["prompt"])
        self.asked.append((dict(self.headers), asked))
        self.send_response(200)
        self.end_headers()
        for line in self.text(asked["prompt"]).splitlines(keepends=True):
            self.wfile.write(line.encode())
            self.wfile.flush()

    def get(self) -> None:
        ended = len(self.seen) * (1 + self.more)
        self.send(f"running {next(self.busy, 0)}\nwaiting 0\nended {ended}\n")


def model(**more: Any) -> Any:
    return answering(Model, **{"seen": [], "busy": iter(()), **more})


def test_each_prompt_is_a_fresh_one(tmp_path: Path) -> None:
    """What begins like an earlier prompt would be answered from a cache."""
    beginnings = set()
    for _ in range(2):
        with model() as (server, url):
            found, said = run(url, tmp_path, clients=METRICS)
        assert (len(found.requests), found.failed, found.disturbed) == (5, 0, 0), said
        assert all(asked["max_tokens"] == 64 for _, asked in server.asked)
        assert all(90 < len(prompt.split()) < 120 for prompt in server.seen)
        beginnings |= {prompt[:12] for prompt in server.seen}
        beginnings |= {prompt.split()[0] for prompt in server.seen}
    assert len(beginnings) == 2 + 10, "the runs differ from the beginning, and their requests"


def test_the_figures_are_those_of_the_answers(tmp_path: Path) -> None:
    with model() as (_, url):
        found, _ = run(url, tmp_path, clients=METRICS)
    assert {one.tokens for one in found.requests} == {len(STORY.split()) + 1}
    assert min(one.tokens_per_second for one in found.requests) > 0
    assert (found.rubbish, found.streamed) == (0, True)
    assert found.begin.power_mode == found.end.power_mode == "MAXN"


def test_the_key_is_in_no_argument_and_in_no_answer(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/env").write_text("OTHER=1\nKEY=canary-key\n")
    with model() as (server, url):
        found, said = run(url, tmp_path, key="KEY")
    assert len(found.requests) == 5
    assert {headers["Authorization"] for headers, _ in server.asked} == {"Bearer canary-key"}
    assert "canary-key" not in said
    assert "canary-key" not in probe_script(Benchmark("s", url, "m", key="KEY"), Ask())


def test_short_contexts_get_short_prompts(tmp_path: Path) -> None:
    with model() as (server, url):
        run(url, tmp_path, context=160)
    assert all(len(prompt.split()) < 60 for prompt in server.seen)


@pytest.mark.parametrize(
    ("busy", "counted", "disturbed"),
    [
        (itertools.repeat(1), 0, 2),
        (iter([1, 1, 0]), 1, 0),  # it ends before the first request
    ],
)
def test_nobody_else_may_load_the_server(
    busy: Any, counted: int, disturbed: int, tmp_path: Path
) -> None:
    with model(busy=busy) as (_, url):
        found, _ = run(url, tmp_path, Ask(requests=1, seconds=20, wait=1), clients=METRICS)
    assert (len(found.requests), found.disturbed) == (counted, disturbed)


def test_clients_that_come_and_go_between_two_questions_are_counted(tmp_path: Path) -> None:
    with model(more=1) as (_, url):
        found, _ = run(url, tmp_path, clients=METRICS)
    assert (found.requests, found.disturbed) == ((), 5)


def test_a_server_without_metrics_does_not_say_whether_others_load_it(tmp_path: Path) -> None:
    with model() as (_, url):
        found, _ = run(url, tmp_path)
        other, _ = run(url, tmp_path, clients=Clients(("no_such",), ("no_such",)))
    assert (len(found.requests), found.disturbed) == (5, None)
    assert (len(other.requests), other.disturbed) == (5, None)


def always(text: str) -> Any:
    return staticmethod(lambda _: text)


def piece(text: str) -> dict[str, Any]:
    return {"choices": [{"text": text}]}


@pytest.mark.parametrize(
    ("text", "rubbish"),
    [
        (stream(*[piece("! ")] * 30), 5),
        (stream(*[piece("\0a\0b")] * 30), 5),
        (stream(*[piece("\ufffd")] * 30), 5),
        (stream(*[piece(f"{word} ") for word in STORY.split()]), 5),  # the same to each prompt
    ],
)
def test_rubbish_is_counted(text: str, rubbish: int, tmp_path: Path) -> None:
    with model(text=always(text)) as (_, url):
        found, _ = run(url, tmp_path)
    assert (len(found.requests), found.rubbish) == (5, rubbish)
    assert found.example.isprintable()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "generated nothing"),
        ("data: {\n", "broke off"),
        ('data: {"choices": [{"text": NaN}]}\n', "not JSON"),
        ("data: " + "[" * 100_000 + "\n", "generated nothing"),
        (stream({"choices": [{"text": 7}]}, {"choices": "x"}), "generated nothing"),
        (stream({"error": "\x1b[2J no memory " * 1000}), "no memory"),
        (stream(*[piece("x")] * 5000), "more than the 64 tokens"),
        (stream(piece("x"), {"usage": {"completion_tokens": 10**9}}), "more than the 64 tokens"),
        ("data: " + "x" * (5 << 20) + "\n", "generated nothing"),
    ],
)
def test_a_hostile_answer_is_a_failure_with_a_reason(text: str, why: str, tmp_path: Path) -> None:
    with model(text=always(text)) as (_, url):
        found, said = run(url, tmp_path, Ask(requests=2, seconds=20))
    assert (found.requests, found.failed) == ((), 2)
    assert why in found.error
    assert found.error.isprintable()
    assert len(said) < 20_000


def test_more_tokens_than_were_asked_for_make_nothing_faster(tmp_path: Path) -> None:
    row = {"choices": [], "usage": {"completion_tokens": 100}}
    with model(text=always(stream(*[piece(f"{n} ") for n in range(20)], row))) as (_, url):
        found, _ = run(url, tmp_path)
    assert {one.tokens for one in found.requests} == {64}


class Endless(Model):
    """Sends a byte now and then, and never ends a line."""

    def post(self) -> None:
        self.body()
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return


def test_an_endless_answer_ends_at_the_limit(tmp_path: Path) -> None:
    begun = time.monotonic()
    with answering(Endless, seen=[], busy=iter(())) as (_, url):
        found, _ = run(url, tmp_path, Ask(requests=2, seconds=2))
    assert time.monotonic() - begun < 30
    assert found.requests == ()
    assert "had not ended after 2 s" in found.error


class Elsewhere(Model):
    to = ""

    def post(self) -> None:
        self.body()
        self.send_response(302)
        self.send_header("Location", self.to)
        self.end_headers()


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with model() as (other, there), answering(Elsewhere, seen=[], busy=iter(()), to=there) as got:
        found, _ = run(got[1], tmp_path)
    assert "answered 302" in found.error
    assert other.asked == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    found, _ = run("http://127.0.0.1:1", tmp_path)
    assert (found.requests, found.failed) == ((), 5)
    assert "refused" in found.error


def framed(text: str, status: str = "0") -> str:
    return f"{FRAME} begin probe\n{text}\n{FRAME} end probe status {status}\n"


@pytest.mark.parametrize(
    "output",
    [
        "",
        f"{FRAME} begin probe\n{{",
        framed("{}", "1"),
        framed("nonsense"),
        framed('{"requests": [{"tokens_per_second": NaN, "ttft_ms": 1}]}'),
        framed('{"requests": [{"tokens_per_second": 1e999, "ttft_ms": 1}]}'),
        framed('{"requests": [{"tokens_per_second": -1, "ttft_ms": 1}]}'),
        framed('{"requests": [{"tokens_per_second": 0, "ttft_ms": 1}]}'),
        framed(json.dumps({"requests": [{"tokens_per_second": 1, "ttft_ms": 1}] * 3000})),
        framed('{"failed": -1}'),
    ],
    ids=range(10),
)
def test_what_no_probe_prints_is_no_figure(output: str) -> None:
    found = read_probe(output)
    assert found.requests == ()
    assert found.error
