"""The REST of the server: https://github.com/ollama/ollama/blob/v0.6.8/docs/api.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import web, words
from twins.standins.servers.kit.chat import Refusal, events, read, whole

from . import generation, pull
from .generation import Made, Wrong
from .store import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .runner import Runners


class Talk(web.Talk):
    """One connection of the server."""

    runners: ClassVar[Runners]
    version: ClassVar[str]

    def do_HEAD(self) -> None:  # noqa: N802 - inherited
        """Answer a HEAD."""
        self.do_GET()

    def do_DELETE(self) -> None:  # noqa: N802 - inherited
        """Answer `DELETE /api/delete`."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(lambda: self._delete(_object(body)))

    def get(self, path: str) -> None:
        """Answer a GET."""
        if path == "/":
            self.text(200, "Ollama is running")
        elif path == "/api/version":
            self.json(200, {"version": self.version})
        elif path == "/standin/options":
            self.json(200, self.runners.settings.shown())
        elif path in {"/api/tags", "/api/ps", "/v1/models"}:
            self._answer(lambda: self.json(200, self._listing(path)))
        else:
            self.text(404, "404 page not found")

    def post(self, path: str, body: bytes) -> None:
        """Answer a POST."""
        if path in {"/api/generate", "/api/chat"}:
            self._answer(lambda: self._generate(_object(body), chat="chat" in path))
        elif path == "/api/show":
            self._answer(lambda: self.json(200, self._show(_object(body))))
        elif path == "/api/pull":
            self._answer(lambda: self._pull(_object(body)))
        elif path in {"/v1/chat/completions", "/v1/completions"}:
            self._answer(lambda: self._complete(body, chat="chat" in path))
        else:
            self.text(404, "404 page not found")

    def _answer(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Wrong as wrong:
            self.json(wrong.status, {"error": str(wrong)})
        except Refusal as refusal:
            self.json(refusal.status, refusal.body)
        except (OSError, ValueError, KeyError) as error:
            self.json(500, {"error": str(error)})

    def _listing(self, path: str) -> dict[str, Any]:
        store = self.runners.store
        if path == "/api/tags":
            return {"models": store.listed()}
        if path == "/api/ps":
            # A copy: another thread lets models go meanwhile.
            running = tuple(self.runners.loaded.values())
            return {
                "models": [
                    {**store.card(one.manifest), "size": one.size, "size_vram": one.size_vram,
                     "expires_at": generation.now(one.expires)}
                    for one in running
                ]
            }  # fmt: skip
        cards = [
            {"id": card["name"], "object": "model", "created": 0, "owned_by": "library"}
            for card in store.listed()
        ]
        return {"object": "list", "data": cards}

    def _show(self, asked: dict[str, Any]) -> dict[str, Any]:
        manifest, store = generation.known(self.runners, asked), self.runners.store
        card = store.card(manifest)
        return {
            "license": store.text(manifest, "license"),
            "modelfile": f"FROM {manifest.name.short}",
            "parameters": store.text(manifest, "params"),
            "template": store.text(manifest, "template"),
            "details": card["details"],
            "model_info": {"general.architecture": card["details"]["family"]},
            "capabilities": ["completion"],
            "modified_at": manifest.modified,
        }

    def _generate(self, asked: dict[str, Any], *, chat: bool) -> None:
        made = generation.make(self.runners, asked, chat=chat)
        if not isinstance(made, Made):
            self.json(200, made)
        elif asked.get("stream", True):
            self._lines(made.pieces())
        else:
            self.json(200, made.whole())

    def _pull(self, asked: dict[str, Any]) -> None:
        steps = pull.pull(self.runners.store, Name.read(str(asked.get("model") or asked["name"])))
        if not asked.get("stream", True):
            self.json(200, list(steps)[-1])
            return

        def with_error() -> Iterable[dict[str, Any]]:
            try:
                yield from steps
            except OSError as error:
                yield {"error": str(error)}

        self._lines(with_error())

    def _delete(self, asked: dict[str, Any]) -> None:
        manifest = generation.known(self.runners, asked)
        self.runners.unload(manifest.digest)
        manifest.path.unlink()
        self.runners.store.prune()
        self.send(200)

    def _complete(self, body: bytes, *, chat: bool) -> None:
        asked = read(body, chat=chat)
        manifest = generation.known(self.runners, {"model": asked.model})
        model = generation.loaded(self.runners, manifest, {})
        most = min(asked.limit or model.context, model.context - asked.prompt_tokens)
        done = words.generate(
            model.file.weights,
            asked.prompt,
            asked.prompt_tokens,
            most,
            rubbish=self.runners.around.fault == "rubbish",
        )
        name = str(asked.model)
        if asked.stream:
            self.stream(events(name, done, asked), web.EVENTS)
        else:
            self.json(200, whole(name, done, chat=chat))

    def _lines(self, parts: Iterable[dict[str, Any]]) -> None:
        self.stream((json.dumps(part).encode() + b"\n" for part in parts), web.LINES)


def _object(body: bytes) -> dict[str, Any]:
    if not body:
        raise Wrong(400, "missing request body")
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Wrong(400, str(error)) from None
    if not isinstance(asked, dict):
        raise Wrong(400, "json: cannot unmarshal into Go value")
    return asked
