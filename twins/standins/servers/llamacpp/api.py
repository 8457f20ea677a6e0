"""The HTTP of `llama-server`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import chat, embeddings, openai, web
from twins.standins.servers.kit.chat import Refusal

if TYPE_CHECKING:
    from twins.standins.servers.kit.gguf import Gguf
    from twins.standins.servers.kit.openai import Loaded

_OPEN = {"/health", "/v1/health", "/v1/models", "/models", "/", "/standin/options"}


class Talk(web.Talk):
    """One connection; `loaded` is None until the model is loaded."""

    options: ClassVar[dict[str, Any]]
    build: ClassVar[str]
    keys: ClassVar[frozenset[str]]
    fault: ClassVar[str] = ""
    loaded: ClassVar[Loaded | None] = None
    file: ClassVar[Gguf | None] = None

    def get(self, path: str) -> None:
        """Answer a GET."""
        if not self._allowed(path):
            return
        if self.loaded is None or self.file is None:
            self._error(503, "unavailable_error", "Loading model")
        elif path in {"/health", "/v1/health"}:
            self.json(200, {"status": "ok"})
        elif path in {"/v1/models", "/models"}:
            self.json(200, self._models(self.loaded, self.file))
        elif path == "/props":
            self.json(200, self._props(self.loaded))
        elif path == "/metrics" and self.options.get("metrics"):
            self.text(200, "# TYPE llamacpp:requests_processing gauge\n"
                           "llamacpp:requests_processing 0\n")  # fmt: skip
        elif path == "/metrics":
            self._error(501, "not_supported_error", "This server does not support metrics "
                        "endpoint. Start it with `--metrics`")  # fmt: skip
        elif path == "/standin/options":
            self.json(200, self.options | ({"api-key": "***"} if self.keys else {}))
        elif path == "/":
            self.text(200, "<!doctype html><title>llama.cpp</title>", "text/html")
        else:
            self._error(404, "not_found_error", "File Not Found")

    def post(self, path: str, body: bytes) -> None:
        """Answer a POST."""
        if not self._allowed(path):
            return
        if self.loaded is None:
            self._error(503, "unavailable_error", "Loading model")
            return
        try:
            if path in {"/v1/chat/completions", "/chat/completions", "/v1/completions"}:
                asked = chat.read(body, chat="chat" in path)
                done = self._generate(self.loaded, asked)
                openai.answer(self, self.loaded.id, done, asked)
            elif path in {"/v1/embeddings", "/embeddings"}:
                self.json(200, self._embedded(self.loaded, body))
            elif path in {"/completion", "/completions"}:
                self._own(self.loaded, body)
            else:
                self._error(404, "not_found_error", "File Not Found")
        except Refusal as refusal:
            kind = refusal.body["error"]["type"]
            kind = "invalid_request_error" if kind == "BadRequestError" else kind
            self._error(refusal.status, kind, str(refusal))

    def _embedded(self, loaded: Loaded, body: bytes) -> dict[str, Any]:
        # https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
        if not {"embedding", "embeddings"} & self.options.keys():
            sentence = "This server does not support embeddings. Start it with `--embeddings`"
            raise Refusal(501, "not_supported_error", sentence)
        return embeddings.answer(loaded.id, loaded.weights, body)

    def _own(self, loaded: Loaded, body: bytes) -> None:
        written = json.loads(body or b"{}")
        given = {"prompt": written.get("prompt", "")}
        most = written.get("n_predict", -1)
        asked = chat.read(
            json.dumps({**given, "max_tokens": most if most > 0 else 64}).encode(), chat=False
        )
        done = self._generate(loaded, asked)
        self.json(200, {
            "content": done.text, "model": loaded.id, "stop": True,
            "stop_type": "eos" if done.finish == "stop" else "limit",
            "tokens_predicted": done.tokens, "tokens_evaluated": done.prompt_tokens,
        })  # fmt: skip

    def _generate(self, loaded: Loaded, asked: chat.Asked) -> Any:  # noqa: ANN401 - a completion
        if asked.pictures and "mmproj" not in self.options:
            raise Refusal(500, "server_error", "image input is not supported - hint: if this is "
                          "unexpected, you may need to provide the mmproj")  # fmt: skip
        if self.fault.startswith("generation"):
            raise Refusal(500, "server_error", "Compute error.")
        count = asked.prompt_tokens
        too_long = Refusal(400, "exceed_context_size_error", f"request ({count} tokens) exceeds "
                           f"the available context size ({loaded.context} tokens), try increasing "
                           "it")  # fmt: skip
        return openai.complete(loaded, asked, too_long, rubbish=self.fault == "rubbish")

    def _models(self, loaded: Loaded, file: Gguf) -> dict[str, Any]:
        shape = file.shape
        meta = {"n_ctx_train": shape.context, "n_embd": shape.hidden, "size": file.bytes}
        return openai.models(loaded, "llamacpp", meta=meta)

    def _props(self, loaded: Loaded) -> dict[str, Any]:
        return {
            "default_generation_settings": {"n_ctx": loaded.context},
            "total_slots": int(self.options.get("parallel") or 1),
            "model_path": self.options["model"],
            "model_alias": loaded.id,
            "chat_template": self.options.get("chat-template", ""),
            "build_info": self.build,
        }

    def _allowed(self, path: str) -> bool:
        if not self.keys or path in _OPEN or self.bearer() in self.keys:
            return True
        self._error(401, "authentication_error", "Invalid API Key")
        return False

    def _error(self, status: int, kind: str, sentence: str) -> None:
        self.json(status, {"error": {"code": status, "message": sentence, "type": kind}})
