"""Runs of the program that waits for readiness, against a server with prepared answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

from jetfleet.board import READY, joined
from tests.board.canned_server import Answer


class HasUrl(Protocol):
    """A server that runs."""

    @property
    def url(self) -> str:
        """Its address."""


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


def ready(
    folder: Path, server: HasUrl, *arguments: str, env: str = "", **about: Any
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
