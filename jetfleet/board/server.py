"""A model server as the board that it runs on asks it: over HTTP, within bounds."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from typing import Any, Collection, Iterator

from jetfleet.board.question import RUBBISH, miscounted, rubbish
from jetfleet.board.reply import (
    MOST,
    TEXT,
    BadStatus,
    Broke,
    NotYet,
    Words,
    Wrong,
    beginning,
    cut,
    events,
    parts,
    read,
)

GENERATION_SECONDS = 600
"""Longest that one generation or inference may take, the load of its model included."""
SMALL = 10**9
"""Bytes of weights below which a model may answer rubbish without a fault of the server."""
BUSY = (429, 502, 503, 504)


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
    every = False
    """Whether each of its models is asked, not only those that it has loaded at its start."""

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
                have = cut(", ".join(found)) or "nothing"
                raise Wrong(f"{self.url} serves {have}, not {model}")

    def bytes_of(self, model: str) -> int:
        """Return the bytes of a model's weights: by default of the folders of all models.

        What cannot be read, such as a link to nothing, does not count.
        """
        del model
        files = (
            os.path.join(folder, name)
            for top in self.about.get("folders", [])
            for folder, _, names in os.walk(top)
            for name in names
        )
        return sum(os.path.getsize(file) for file in files if os.path.isfile(file))

    def get(self, path: str, body: object = None) -> Any:
        """Return the JSON of an answer, or None for an empty one; a body makes it a POST."""
        try:
            with self.opened(path, body, self.loading, self.seconds) as answer:
                text = b"".join(parts(answer, self.seconds))
        except (OSError, http.client.HTTPException, Broke) as error:
            raise NotYet(error) from error
        return read(text) if text.strip() else None

    def post(self, path: str, body: object) -> Any:
        """Return the JSON of an answer that may take as long as a generation."""
        try:
            with self.opened(path, body, (), GENERATION_SECONDS) as answer:
                return read(b"".join(parts(answer, GENERATION_SECONDS)))
        except (OSError, http.client.HTTPException) as error:
            raise Broke(f"{self.url}{path} broke off: {error}") from error

    def opened(
        self,
        path: str,
        body: object,
        wait: Collection[int],
        seconds: float,
        more: dict[str, str] | None = None,
    ) -> Any:
        """Return the open answer; raise NotYet for a status in `wait`, Wrong for another.

        A body in bytes is sent as it is; `more` are headers beside the usual ones.
        """
        plain = body is None or isinstance(body, bytes)
        data: Any = body if plain else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {**self.headers, **(more or {})})
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
            text = cut(beginning(error, MOST + 1, seconds).decode(errors="replace"))
            raise BadStatus(self.url + path, error.code, text) from error
        except (OSError, http.client.HTTPException) as error:
            if body is None:
                raise NotYet(error) from error
            raise Broke(f"{self.url}{path} broke off: {error}") from error

    def generate(self, path: str, body: object, words: Words) -> dict[str, Any]:
        """Return text, tokens and times of a generation.

        The time to the first token is None where the server answers all at once.
        """
        begun = time.monotonic()
        pieces, first, tokens, load = [], None, None, None
        try:
            with self.opened(path, body, (), GENERATION_SECONDS) as answer:
                kind = answer.headers.get("Content-Type", "")
                streamed = "event-stream" in kind or "ndjson" in kind
                for event in events(answer, GENERATION_SECONDS, streamed=streamed):
                    if event.get("error"):
                        reason = cut(str(event["error"]))
                        raise Wrong(f"{self.url}{path} failed to generate: {reason}")
                    piece = words(event)
                    if piece.text:
                        pieces.append(piece)
                        first = first or time.monotonic() - begun
                    tokens, load = piece.tokens or tokens, piece.load or load
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Broke(f"{self.url}{path} broke off: {error}") from error
        if not pieces:
            raise Wrong(f"{self.url}{path} generated nothing")
        return {
            "text": "".join(piece.text for piece in pieces)[:TEXT],
            "thought": any(piece.thought for piece in pieces),
            "tokens": tokens or len(pieces),
            "seconds": time.monotonic() - begun,
            "first_token_seconds": first if streamed else None,
            **({} if load is None else {"load_seconds": load}),
        }

    def judged(self, model: str, answer: dict[str, Any], *, counts: bool = True) -> dict[str, Any]:
        """Return an answer with the model and what is doubtful in it; raise Wrong for rubbish.

        A small model may write rubbish, and each may count wrong: that is a doubt.
        """
        bad = rubbish(answer["text"])
        if bad and self.bytes_of(model) >= SMALL:
            raise Wrong(
                f"{model} generates rubbish ({bad}): {cut(answer['text'])!r}; choose another "
                "quantisation or another image"
            )
        doubts = [f"{RUBBISH} ({bad})"] if bad else []
        if counts and not bad and not answer["thought"] and miscounted(answer["text"]):
            doubts.append("it does not count from 1 to 10")
        return {**answer, "model": model, "doubts": doubts}
