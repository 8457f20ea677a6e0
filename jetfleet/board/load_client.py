"""A client that loads a model server on its own board, and measures how fast it answers.

The figures have the names that vLLM's own benchmark gives them; times are in ms, rates a second.
"""

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

_PROBE = 256


class Failed(Exception):
    """The server refused a request or broke off."""


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
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(request, timeout=seconds)
        except urllib.error.HTTPError as error:
            text = error.read(500).decode(errors="replace").strip()
            raise Failed(f"{path} answered {error.code}: {text}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{self.url}{path}: {error}") from error

    def generate(self, prompt: str, tokens: int, seed: int) -> dict[str, Any]:
        """Return the times of the pieces of an answer, its tokens, and those of the prompt."""
        path, body = self._request(prompt, tokens, seed)
        began = time.perf_counter()
        answer: dict[str, Any] = {"began": began, "times": [], "input": 0, "output": 0}
        answer["cached"] = None
        with self.open(path, body) as lines:
            try:
                for event in events(lines):
                    if event.get("error"):
                        raise Failed(f"{path}: {event['error']}")
                    if self._take(event, answer):
                        answer["times"].append(time.perf_counter())
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

    def _take(self, event: dict[str, Any], answer: dict[str, Any]) -> bool:
        """Note the counts of an event; tell whether it has text."""
        if self.ollama:
            answer["input"] = event.get("prompt_eval_count") or answer["input"]
            answer["output"] = event.get("eval_count") or answer["output"]
            return bool(event.get("response") or event.get("thinking"))
        usage = event.get("usage") or {}
        answer["input"] = usage.get("prompt_tokens") or answer["input"]
        answer["output"] = usage.get("completion_tokens") or answer["output"]
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
        answer["cached"] = answer["cached"] if cached is None else cached
        return any(choice.get("text") for choice in event.get("choices") or ())


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


def dice_of(seed: int) -> random.Random:
    """Return what chooses the words of a run: the same for the same seed."""
    return random.Random(seed)  # noqa: S311 - words, not secrets


def prompt_of(words: int, dice: random.Random) -> str:
    """Return a prompt of random words: no two have a beginning in common that a cache could use."""
    return " ".join(dice.choice(WORDS) for _ in range(words))


def words_for(server: Server, tokens: int, seed: int) -> int:
    """Return the number of words that make this number of tokens: the model is asked once."""
    probe = min(_PROBE, tokens)
    counted = server.generate(prompt_of(probe, dice_of(seed ^ 1)), 1, seed)["input"]
    return max(1, round(tokens * probe / counted)) if counted else tokens


def run(server: Server, load: dict[str, Any], words: int, seed: int, prompts: int) -> Any:
    """Send a load once, and return its figures; raise Failed if no request succeeds."""
    dice = dice_of(seed)
    texts = [prompt_of(words, dice) for _ in range(prompts)]
    answers: list[dict[str, Any]] = []
    errors: list[str] = []
    began = time.perf_counter()
    todo = iter(enumerate(texts))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number, text = next(todo, (0, ""))
            if not text:
                return
            if load.get("rate"):
                time.sleep(max(0.0, began + number / load["rate"] - time.perf_counter()))
            try:
                answers.append(server.generate(text, load["output"], seed))
            except (Failed, LookupError, TypeError, AttributeError) as error:
                errors.append(str(error) or type(error).__name__)

    threads = [threading.Thread(target=work) for _ in range(load.get("at_once") or prompts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not answers:
        raise Failed(errors[0] if errors else "there was nothing to send")
    return figures(answers, time.perf_counter() - began)


def figures(answers: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Return the figures of answers that took `seconds` together."""
    outputs = sum(one["output"] for one in answers)
    inputs = sum(one["input"] for one in answers)
    first = [1000 * (one["times"][0] - one["began"]) for one in answers]
    each = [
        1000 * (one["times"][-1] - one["times"][0]) / (one["output"] - 1)
        for one in answers
        if one["output"] > 1
    ]
    between = [
        1000 * (after - before)
        for one in answers
        for before, after in zip(one["times"], one["times"][1:])
    ]
    cached = [one["cached"] for one in answers if one["cached"] is not None]
    found = {
        "completed": len(answers),
        "duration": seconds,
        "total_input_tokens": inputs,
        "total_output_tokens": outputs,
        "request_throughput": len(answers) / seconds,
        "output_throughput": outputs / seconds,
        "total_token_throughput": (inputs + outputs) / seconds,
        "cached_tokens": sum(cached) if cached else None,
    }
    for name, values in (("ttft", first), ("tpot", each), ("itl", between)):
        ordered = sorted(values) or [0.0]
        found[f"mean_{name}_ms"] = sum(ordered) / len(ordered)
        found[f"median_{name}_ms"] = ordered[len(ordered) // 2]
        found[f"p99_{name}_ms"] = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return found
