#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

ready FILE          waits until the service of FILE is ready, as ExecStartPost of its unit
ready FILE --now    checks it once, and prints what it answered as one line of JSON

FILE is JSON: `kind` (openai, ollama, triton, http), `url`, `models`, and as its kind needs them
`health` (path), `status`, `vision`, and `key`: the variable in the env file beside it that holds
the key; without it no key is shown. Ready means that health is good, that every model is listed,
and that it generates. The status of a board imports this file to list the models of its servers.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Collection, Dict, Iterator, NoReturn, Optional, Tuple

Words = Callable[[Dict[str, Any]], Tuple[str, Optional[int]]]
"""Returns text and number of tokens of one event of a generation."""

PROMPT, TOKENS, GENERATION_SECONDS = "Say hello.", 16, 600
MOST = 500
"""Characters of an answer that are shown."""
ANSWER_BYTES, DEPTH = 16 << 20, 64
"""Most bytes of an answer, or of one event of it; most levels of nesting."""
BUSY = (429, 502, 503, 504)
ENDED = "the server ended before it was ready"
# 64 x 64 pixels of one red: smaller ones are refused by the processors of some models.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsIty/dMYyQi+hcEKLNO+FgEBAQ"
    "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGBywI6LQEAwyG+sAAAAABJRU5ErkJggg=="
)


def cut(text: str) -> str:
    """Return the beginning of a text, up to a blank.

    A part of a secret, which a server may print, would not be recognised as one.
    """
    return text if len(text) <= MOST else text[:MOST].rpartition(" ")[0]


class NotYet(Exception):
    """The server does not answer as it should; `code` is its status, None without any answer."""

    def __init__(self, reason: object, code: int | None = None) -> None:
        super().__init__(str(reason))
        self.code = code


class Broke(Exception):
    """The server began to answer a request and did not end."""


class Wrong(Exception):
    """The server answers, and will not become ready by waiting."""

    @classmethod
    def constant(cls, name: str) -> NoReturn:
        """Raise for NaN and Infinity, which are no JSON."""
        raise cls(f"the server answered with {name}, which is not JSON")


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the status that counts is that of the path itself."""

    def redirect_request(self, *_: object) -> None:
        """Return no other request."""


class Server:
    """A server that is asked over HTTP by the board that it runs on.

    Parameters
    ----------
    about:
        What FILE says.
    secret:
        The key to show; empty for none.
    seconds:
        How long it may take to begin an answer that is no generation.

    """

    health = "/health"
    loading: Collection[int] = BUSY
    """Statuses of a server that is not ready yet."""

    def __init__(self, about: dict[str, Any], secret: str = "", seconds: float = 10) -> None:
        self.about = about
        self.url = about["url"].rstrip("/")
        self.wanted: list[str] = about.get("models", [])
        self.seconds = seconds
        self.headers = {"Content-Type": "application/json"}
        if secret:
            self.headers["Authorization"] = "Bearer " + secret

    def models(self) -> list[str]:
        """Return the ids of the models that it lists."""
        raise NotImplementedError

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield what it generates with each model, once it has all of them."""
        raise NotImplementedError

    def healthy(self) -> None:
        """Return if it is up."""
        self.get(self.about.get("health", self.health))

    def complete(self) -> None:
        """Raise Wrong unless it lists every model."""
        found = self.models()
        for model in self.wanted:
            if model not in found:
                have = ", ".join(found) or "nothing"
                raise Wrong(f"{self.url} serves {have}, not {model}")

    def get(self, path: str, body: object = None) -> Any:
        """Return the JSON of an answer, or None for an empty one; a body makes it a POST."""
        try:
            with self.opened(path, body, self.loading, self.seconds) as answer:
                text = answer.read(ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException, Broke) as error:
            raise NotYet(error) from error
        return read_json(text) if text.strip() else None

    def opened(self, path: str, body: object, wait: Collection[int], seconds: float) -> Any:
        """Return the open answer; raise NotYet for a status in `wait`, Wrong for another."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, self.headers)
        # A certificate may be of the board's own making, and a proxy in its environment must not
        # stand between it and itself: the request does not leave the board.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl._create_unverified_context()),
            Stay,
        )
        try:
            return opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            if error.code in wait:
                raise NotYet(error, error.code) from error
            text = cut(error.read(MOST + 1).decode(errors="replace"))
            raise Wrong(f"{self.url}{path} answered {error.code}: {text}") from error
        except (OSError, http.client.HTTPException) as error:
            if body is None:
                raise NotYet(error) from error
            raise Broke(f"{self.url}{path} broke off: {error}") from error

    def generate(self, path: str, body: object, words: Words) -> dict[str, Any]:
        """Return text, tokens and times of a generation.

        The time to the first token is None where the server answers all at once.
        """
        begun = time.monotonic()
        text, tokens, pieces, first = "", 0, 0, None
        try:
            with self.opened(path, body, (), GENERATION_SECONDS) as answer:
                kind = answer.headers.get("Content-Type", "")
                streamed = "event-stream" in kind or "ndjson" in kind
                for event in events(answer, streamed=streamed):
                    if event.get("error"):
                        raise Wrong(f"{self.url}{path} failed to generate: {event['error']}")
                    piece, count = words(event)
                    if piece:
                        text, pieces = text + piece, pieces + 1
                        first = first or time.monotonic() - begun
                    tokens = count or tokens
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Broke(f"{self.url}{path} broke off: {error}") from error
        if not text:
            raise Wrong(f"{self.url}{path} generated nothing")
        return {
            "text": text,
            "tokens": tokens or pieces,
            "seconds": time.monotonic() - begun,
            "first_token_seconds": first if streamed else None,
        }


def read_json(text: bytes | str) -> Any:
    """Return the value of a JSON document; raise Wrong for another text, or beyond the bounds.

    As `jetfleet/board/foreign_json.py`, which an installed program cannot import (ADR 15).
    """
    if len(text) > ANSWER_BYTES:
        raise Wrong(f"the server answered with more than {ANSWER_BYTES} bytes")
    try:
        value = json.loads(text, parse_constant=Wrong.constant)
        if deep(value):
            raise Wrong(f"the server answered with JSON of more than {DEPTH} levels")
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong(f"the server answered with something other than JSON ({error})") from error
    return value


def deep(value: Any, levels: int = DEPTH) -> bool:
    """Tell whether a value is nested in more levels."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return not levels or any(deep(one, levels - 1) for one in inner)


def events(answer: Any, *, streamed: bool) -> Iterator[dict[str, Any]]:
    """Yield the JSON values of an answer: one, or a line each, or as server-sent events."""
    if not streamed:
        yield read_json(answer.read(ANSWER_BYTES + 1))
        return
    for raw in iter(lambda: answer.readline(ANSWER_BYTES + 1), b""):
        line = raw.decode(errors="replace").strip()
        line = line[5:].strip() if line.startswith("data:") else line
        if line.startswith("{"):
            yield read_json(line)


class OpenAI(Server):
    """vLLM, TensorRT-LLM, llama.cpp: the chat of OpenAI."""

    def models(self) -> list[str]:
        """Return the ids."""
        return [entry["id"] for entry in self.get("/v1/models")["data"]]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of each model."""
        self.healthy()
        self.complete()
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}}
        for model in self.wanted:
            answer = dict(self._chat(model, PROMPT), model=model)
            if self.about.get("vision"):
                question = {"type": "text", "text": "What is it?"}
                answer["image"] = self._chat(model, [picture, question])
            yield answer

    def _chat(self, model: str, content: object) -> dict[str, Any]:
        body = {
            "model": model,
            "max_tokens": TOKENS,
            "stream": True,
            "messages": [{"role": "user", "content": content}],
            "stream_options": {"include_usage": True},
        }
        return self.generate("/v1/chat/completions", body, self._words)

    @staticmethod
    def _words(event: dict[str, Any]) -> tuple[str, int | None]:
        choice = (event.get("choices") or [{}])[0]
        delta = choice.get("delta") or choice.get("message") or {}
        # A reasoning parser moves what a short answer begins with out of `content`.
        named = (delta.get(name) for name in ("content", "reasoning_content", "reasoning"))
        return next(filter(None, named), ""), (event.get("usage") or {}).get("completion_tokens")


class Ollama(Server):
    """Ollama: the first of its models generates, others are loaded when they are asked for."""

    health = "/api/version"

    def models(self) -> list[str]:
        """Return the names, each with its tag."""
        return [entry["name"] for entry in self.get("/api/tags")["models"]]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of the first model."""
        self.healthy()
        self.wanted = [name if ":" in name else name + ":latest" for name in self.wanted]
        self.complete()
        for model in self.wanted[:1]:
            body = {"model": model, "prompt": PROMPT, "options": {"num_predict": TOKENS}}
            answer = dict(self.generate("/api/generate", body, self._words), model=model)
            if self.about.get("vision"):
                pictured = dict(body, images=[PICTURE])
                answer["image"] = self.generate("/api/generate", pictured, self._words)
            yield answer

    @staticmethod
    def _words(event: dict[str, Any]) -> tuple[str, int | None]:
        return event.get("response") or event.get("thinking") or "", event.get("eval_count")


class Triton(Server):
    """Triton: every model is ready, and those of the vLLM backend generate."""

    health = "/v2/health/ready"
    loading = (*BUSY, 400)

    def models(self) -> list[str]:
        """Return the names of those that are ready."""
        rows = self.get("/v2/repository/index", {})
        return [row["name"] for row in rows if row.get("state") == "READY"]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of each model that takes text."""
        self.healthy()
        for model in self.wanted:
            path = "/v2/models/" + model
            self.get(path + "/ready")
            if (self.get(path + "/config") or {}).get("backend") != "vllm":
                continue
            asked = {"stream": True, "max_tokens": TOKENS, "exclude_input_in_output": True}
            body = {"text_input": PROMPT, "parameters": asked}
            yield dict(self.generate(path + "/generate_stream", body, self._words), model=model)

    @staticmethod
    def _words(event: dict[str, Any]) -> tuple[str, int | None]:
        return event.get("text_output") or "", None


class Http(Server):
    """Any other server: one path answers with one status, and there are no models."""

    health = "/"

    def models(self) -> list[str]:
        """Return nothing, if the status is the one that is wanted."""
        want = self.about.get("status", 200)
        path = self.about.get("health", self.health)
        try:
            with self.opened(path, None, range(600), self.seconds) as answer:
                got = answer.status
        except NotYet as reason:
            if reason.code is None:
                raise
            got = reason.code
        if got != want:
            raise NotYet(f"status {got}, not {want}", got)
        return []

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield nothing."""
        self.models()
        return iter(())


KINDS: dict[str, Any] = {"openai": OpenAI, "ollama": Ollama, "triton": Triton, "http": Http}


def about_of(path: str) -> dict[str, Any]:
    """Return what FILE says; raise Wrong if it is damaged."""
    try:
        with open(path, encoding="utf-8") as text:
            about: dict[str, Any] = json.load(text)
        about["url"], KINDS[about["kind"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise Wrong(f"{path} is damaged ({type(error).__name__}): run the deploy again") from error
    return about


def server_of(path: str, seconds: float = 10) -> Server:
    """Return the server that FILE describes, with its key."""
    about = about_of(path)
    secret = ""
    if about.get("key"):
        with open(os.path.join(os.path.dirname(path), "env"), encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(about["key"] + "="):
                    secret = line.rstrip("\n").split("=", 1)[1]
    server: Server = KINDS[about["kind"]](about, secret, seconds)
    return server


def ends(pid: str | None, seconds: float = 10) -> bool:
    """Tell whether the main process is no more, or soon: a container outlives its program a bit."""
    end = time.monotonic() + seconds
    while pid and os.path.exists("/proc/" + pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return bool(pid)


def main(arguments: list[str]) -> None:
    """Check once, or wait; end with a sentence if it cannot become ready."""
    server, once = server_of(arguments[0]), "--now" in arguments
    pid, told = os.environ.get("MAINPID"), set()
    while True:
        try:
            answers = list(server.answers())
        except NotYet as reason:
            if once:
                sys.exit(f"{server.url} does not answer: {reason}")
            # Each once: what comes again and again is no progress. None at all is no answer yet.
            if reason.code and str(reason) not in told:
                print(f"not ready yet: {reason}", file=sys.stderr, flush=True)
                told.add(str(reason))
        except Broke as broken:
            sys.exit(ENDED if ends(pid) else str(broken))
        except Wrong as wrong:
            sys.exit(str(wrong))
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            sys.exit(f"{server.url} answered in an unknown form ({type(error).__name__}: {error})")
        else:
            print(json.dumps({"answers": answers}, ensure_ascii=False))
            return
        if ends(pid, 0):
            sys.exit(ENDED)
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as damaged:
        sys.exit(str(damaged))
