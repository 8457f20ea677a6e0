"""A client that loads a model server on its own board, and measures how fast it answers."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import threading
import time
import urllib.error
import urllib.request
from typing import Any, Iterator

from jetfleet.board.foreign_json import read_object
from jetfleet.board.load_figures import figures

# Short words that nearly every tokenizer has as one token each.
WORDS = re.findall(
    r"[a-z]+",
    "the of and to in is you that it he was for on are as with his they at be this have from or "
    "one had by word but not what all were we when your can said there use an each which she do "
    "how their if will up other about out many then them these so some her would make like him",
)

LINE = 1 << 22
"""Most bytes of one line of an answer."""

SECONDS = 1800
"""Longest wait for a piece of an answer: others are answered first."""

DEADLINE = 3600
"""Longest time of a whole answer."""

AT_ONCE = 1000
"""Most requests at the same time."""

TEXT = 4000
"""Most characters of an answer that are kept."""

_PROBE = 256
_MOST_COUNT = 1 << 31


class Failed(Exception):
    """The server refused a request or broke off."""


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key is for this server alone."""

    def redirect_request(self, *_: object) -> None:
        """Return no other request."""


class Server:
    """A server, as the job describes it: `url`, `protocol`, `model`, `key`, `service`, `body`."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.url = job["url"].rstrip("/")
        self.model = job["model"]
        self.ollama = job["protocol"] == "ollama"
        self.body = job.get("body", {})
        self.headers = {"Content-Type": "application/json"}
        secret = key_of(job.get("service", ""), job.get("key", ""))
        if secret:
            self.headers["Authorization"] = "Bearer " + secret

    def open(self, path: str, body: Any = None, seconds: float = SECONDS) -> Any:
        """Return the open answer; raise Failed for a status that is not a success."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, self.headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)
        try:
            return opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            text = error.read(500).decode(errors="replace").strip()
            raise Failed(f"{path} answered {error.code}: {text}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{self.url}{path}: {error}") from error

    def generate(
        self, prompt: str, tokens: int, seed: int, seconds: float = DEADLINE
    ) -> dict[str, Any]:
        """Return the times of the pieces of an answer, its text, and the tokens of both sides.

        Raise Failed if it has more than was asked for: its figures would be made up.
        """
        path, body = self._request(prompt, tokens, seed)
        most = 2 * tokens + 64  # some servers count the end, or send part of a token
        began = time.perf_counter()
        answer: dict[str, Any] = {"began": began, "times": [], "input": 0, "output": 0}
        answer.update(cached=None, text="")
        with self.open(path, body, min(seconds, SECONDS)) as lines:
            try:
                for event in events(lines):
                    now = time.perf_counter()
                    if event.get("error"):
                        raise Failed(f"{path}: {str(event['error'])[:500]}")
                    text = self._take(event, answer)
                    if text:
                        answer["times"].append(now)
                        answer["text"] += text[: TEXT - len(answer["text"])]
                    if max(len(answer["times"]), answer["output"]) > most:
                        raise Failed(f"{path} answered more than the {tokens} tokens asked for")
                    if now - began > seconds:
                        raise Failed(f"{path} did not end within {seconds:.0f} s")
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise Failed(f"{path} broke off: {error}") from error
        if not answer["times"]:
            raise Failed(f"{path} generated nothing")
        answer["output"] = answer["output"] or len(answer["times"])
        return answer

    def _request(self, prompt: str, tokens: int, seed: int) -> tuple[str, dict[str, Any]]:
        if self.ollama:
            options = {"num_predict": tokens, "seed": seed, "temperature": 0}
            return "/api/generate", {
                "model": self.model, "prompt": prompt, "raw": True, "options": options,
                **self.body,
            }  # fmt: skip
        return "/v1/completions", {
            "model": self.model, "prompt": prompt, "max_tokens": tokens, "temperature": 0,
            "seed": seed, "stream": True, "stream_options": {"include_usage": True}, **self.body,
        }  # fmt: skip

    def _take(self, event: dict[str, Any], answer: dict[str, Any]) -> str:
        """Note the counts of an event; return its text."""
        if self.ollama:
            answer["input"] = count_of(event, "prompt_eval_count") or answer["input"]
            answer["output"] = count_of(event, "eval_count") or answer["output"]
            return text_of(event, "response") or text_of(event, "thinking")
        usage = part_of(event, "usage")
        answer["input"] = count_of(usage, "prompt_tokens") or answer["input"]
        answer["output"] = count_of(usage, "completion_tokens") or answer["output"]
        cached = count_of(part_of(usage, "prompt_tokens_details"), "cached_tokens")
        answer["cached"] = answer["cached"] if cached is None else cached
        choices = event.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        return text_of(first, "text") if isinstance(first, dict) else ""


def part_of(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object of an event; empty if it is anything else."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def text_of(event: dict[str, Any], name: str) -> str:
    """Return a text of an event; empty if it is anything else."""
    value = event.get(name)
    return value if isinstance(value, str) else ""


def count_of(event: dict[str, Any], name: str) -> int | None:
    """Return a number of tokens; None if it is anything else."""
    value = event.get(name)
    return value if type(value) is int and 0 <= value < _MOST_COUNT else None


def key_of(service: str, name: str) -> str:
    """Return the key of a service from its env file, which only root reads; empty without one."""
    path = f"/etc/jetfleet/{service}/env"
    if name and os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(name + "="):
                    return line.rstrip("\n").split("=", 1)[1]
    return ""


def events(lines: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a stream: a line each, or as server-sent events."""
    for raw in iter(lambda: lines.readline(LINE), b""):
        line = raw.decode(errors="replace").strip()
        line = line[5:].strip() if line.startswith("data:") else line
        if line.startswith("{"):
            yield read_object(line)


def prompt_of(words: int, seed: int, number: int) -> str:
    """Return a prompt of random words: no two have a beginning in common that a cache could use.

    It is made when it is sent, so that long ones do not fill the memory that the model needs.
    """
    dice = random.Random(f"{seed} {number}")  # noqa: S311 - words, not secrets
    return " ".join(dice.choices(WORDS, k=words))


def words_for(server: Server, tokens: int, seed: int) -> int:
    """Return the number of words that make this number of tokens: the model is asked once."""
    probe = min(_PROBE, tokens)
    counted = server.generate(prompt_of(probe, seed, -1), 1, seed)["input"]
    return min(2 * tokens, max(1, round(tokens * probe / counted))) if counted else tokens


def run(server: Server, load: dict[str, Any], words: int, seed: int, prompts: int) -> Any:
    """Send a load once, and return its figures; raise Failed if no request succeeds."""
    answers: list[dict[str, Any]] = []
    errors: list[str] = []
    began = time.perf_counter()
    todo = iter(range(prompts))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(todo, None)
            if number is None:
                return
            text = prompt_of(words, seed, number)
            if load.get("rate"):
                time.sleep(max(0.0, began + number / load["rate"] - time.perf_counter()))
            try:
                answers.append(server.generate(text, load["output"], seed))
            except Failed as error:
                errors.append(str(error))

    at_once = min(load.get("at_once") or prompts, prompts, AT_ONCE)
    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not answers:
        raise Failed(errors[0] if errors else "there was nothing to send")
    return figures(answers, time.perf_counter() - began)
