"""The commands of `ollama` that ask a running server."""

from __future__ import annotations

import http.client
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .settings import Settings

COMMANDS = ("list", "ls", "ps", "pull", "rm", "run", "show", "stop")
_SECONDS = 600


def run(settings: Settings, words: Sequence[str]) -> None:
    """Run one of `COMMANDS`; ends with status 1 and the server's sentence when it fails."""
    command, *names = words
    if command in {"list", "ls"}:
        _table(("NAME", "ID", "SIZE"), [
            (m["name"], m["digest"][:12], str(m["size"]))
            for m in next(_ask(settings, "GET", "/api/tags"))["models"]
        ])  # fmt: skip
    elif command == "ps":
        _table(("NAME", "SIZE", "UNTIL"), [
            (m["name"], str(m["size"]), m["expires_at"])
            for m in next(_ask(settings, "GET", "/api/ps"))["models"]
        ])  # fmt: skip
    elif not names:
        _fail(f"accepts at least 1 arg(s), received 0 for {command}")
    else:
        _with_model(settings, command, names)


def version(settings: Settings, own: str) -> str:
    """Return the output of `ollama --version`: the server's, or a warning and the client's."""
    try:
        said = next(_ask(settings, "GET", "/api/version"))["version"]
    except SystemExit:
        lines = ("could not connect to a running Ollama instance", f"client version is {own}")
        return "\n".join(f"Warning: {line}" for line in lines)
    return f"ollama version is {said}"


def _with_model(settings: Settings, command: str, names: Sequence[str]) -> None:
    asked: dict[str, Any] = {"model": names[0]}
    if command == "pull":
        for line in _ask(settings, "POST", "/api/pull", asked):
            _say(line.get("error") or line["status"])
            if "error" in line:
                _fail(line["error"])
    elif command == "rm":
        for name in names:
            list(_ask(settings, "DELETE", "/api/delete", {"model": name}))
            _say(f"deleted '{name}'")
    elif command == "stop":
        list(_ask(settings, "POST", "/api/generate", {**asked, "keep_alive": 0}))
    elif command == "show":
        _say(json.dumps(next(_ask(settings, "POST", "/api/show", asked)), indent=2))
    else:
        asked |= {"prompt": " ".join(names[1:]) or sys.stdin.read(), "stream": False}
        _say(next(_ask(settings, "POST", "/api/generate", asked))["response"])


def _ask(
    settings: Settings, method: str, path: str, content: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - replaced, never bound
    connection = http.client.HTTPConnection(host, settings.port, timeout=_SECONDS)
    try:
        connection.request(method, path, json.dumps(content) if content else None)
        answer = connection.getresponse()
    except OSError:
        _fail("could not connect to ollama app, is it running?")
    for line in answer:
        said = json.loads(line)
        if answer.status != http.HTTPStatus.OK:
            _fail(said["error"])
        yield said


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in (heads, *rows):
        _say("    ".join(f"{cell:<20}" for cell in row).rstrip())


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - its output


def _fail(sentence: str) -> NoReturn:
    print(f"Error: {sentence}", file=sys.stderr)  # noqa: T201
    raise SystemExit(1)
