"""KServe's v2 protocol with Triton's extensions, and its metrics."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import web

from . import inference
from . import server as servers
from .repository import Failed
from .server import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .server import Server

_MODEL = re.compile(r"/v2/models/(?P<name>[^/]+)(/versions/\d+)?(/(?P<verb>\w+))?")
_CONTROL = re.compile(r"/v2/repository/models/(?P<name>[^/]+)/(?P<verb>load|unload)")


class Talk(web.Talk):
    """The HTTP service."""

    triton: ClassVar[Server]

    def get(self, path: str) -> None:
        """Answer a GET."""
        triton = self.triton
        model = _MODEL.fullmatch(path)
        if path == "/v2/health/live":
            self.send(200)
        elif path == "/v2/health/ready":
            self.send(200 if triton.ready else 400)
        elif path == "/v2":
            about = {"name": "triton", "version": triton.version}
            self.json(200, {**about, "extensions": list(servers.EXTENSIONS)})
        elif path == "/standin/options":
            settings = {name: one.settings for name, one in triton.models.items() if one.settings}
            self.json(200, {**triton.options, "models": settings})
        elif model and model["verb"] == "ready":
            found = triton.models.get(model["name"])
            self.send(200 if found and found.ready else 400)
        elif model and model["verb"] in {None, "config"}:
            self._try(lambda: self._about(model["name"], model["verb"]))
        else:
            self.send(404)

    def post(self, path: str, body: bytes) -> None:
        """Answer a POST."""
        model, control = _MODEL.fullmatch(path), _CONTROL.fullmatch(path)
        if path == "/v2/repository/index":
            only = bool(json.loads(body or b"{}").get("ready"))
            self.json(200, self.triton.index(ready_only=only))
        elif control:
            self._try(lambda: self._control(control["name"], control["verb"]))
        elif model and model["verb"] in {"generate", "generate_stream", "infer"}:
            self._try(lambda: self._run(model["name"], model["verb"], body))
        else:
            self.send(404)

    def _try(self, act: Any) -> None:  # noqa: ANN401 - a call without a result
        try:
            act()
        except (Failed, Unknown, ValueError) as refused:
            self.json(400, {"error": str(refused)})

    def _about(self, name: str, verb: str | None) -> None:
        self.json(200, self.triton.config(name) if verb else self.triton.metadata(name))

    def _control(self, name: str, verb: str) -> None:
        if self.triton.options.get("model-control-mode") != "explicit":
            raise Unknown(f"explicit model {verb} / unload is not allowed if polling is enabled")
        if verb == "unload":
            self.triton.unload(name)
        else:
            try:
                self.triton.load(name)
            except Failed as failed:
                raise Failed(f"load failed for model '{name}': version 1 is at UNAVAILABLE state: "
                             f"{failed}") from None  # fmt: skip
        self.send(200)

    def _run(self, name: str, verb: str, body: bytes) -> None:
        if verb == "infer":
            self._infer(name, body)
            return
        asked = json.loads(body or b"{}")
        model, done = self.triton.generate(name, asked)
        head = {"model_name": name, "model_version": model.version}
        parameters = {**asked, **(asked.get("parameters") or {})}
        if verb == "generate":
            # The answer repeats the prompt, unless the request excludes it.
            front = "" if parameters.get("exclude_input_in_output") else f"{asked['text_input']} "
            self.json(200, {**head, "text_output": front + done.text})
            return

        def events() -> Iterator[bytes]:
            for piece in done.pieces:
                yield f"data: {json.dumps({**head, 'text_output': piece})}\n\n".encode()

        self.stream(events(), web.EVENTS)

    def _infer(self, name: str, body: bytes) -> None:
        self.triton.model(name)
        try:
            asked, tensors = inference.read(body, self.headers.get(inference.HEAD))
            answer = self.triton.infer(name, asked, tensors)
        except inference.Refused as refused:
            self.json(refused.status, {"error": str(refused)})
            return
        if not (asked.get("parameters") or {}).get("binary_data_output"):
            self.json(200, answer)
            return
        content, length = inference.binary(answer)
        self.send(200, content, "application/octet-stream", {inference.HEAD: str(length)})


class Metrics(web.Talk):
    """The metrics service."""

    triton: ClassVar[Server]

    def get(self, path: str) -> None:
        """Answer `/metrics`."""
        if path != "/metrics":
            self.send(404)
            return
        name = "nv_inference_request_success"
        lines = [f"# HELP {name} Number of successful inference requests", f"# TYPE {name} counter"]
        for model in self.triton.models:
            count = self.triton.counts[model]
            lines.append(f'{name}{{model="{model}",version="1"}} {count}')
        self.text(200, "\n".join(lines) + "\n", "text/plain; charset=utf-8")
