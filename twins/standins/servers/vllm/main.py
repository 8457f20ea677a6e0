"""`vllm serve MODEL [options]`, `vllm bench serve` and `vllm --version`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import life
from twins.standins.servers.kit.life import Circumstances

from . import api, arguments, engine, log
from .image import Image
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; ends with 0 (SIGTERM), 1 (the engine refused) or 2 (the command line)."""
    life.end_on_signals(last="INFO:     Shutting down")
    image = Image.read(Path(__file__).parent)
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["bench"]:
            arguments.bench(words[1:])
            return
        model, options = arguments.parse(image, words)
        _serve(image, model or "Qwen/Qwen3-0.6B", options, os.environ)
    except (OSError, RuntimeError, TypeError, ValueError) as refusal:
        if words[:1] == ["serve"]:
            log.error(
                "core.py", f"EngineCore failed to start.\n{type(refusal).__name__}: {refusal}"
            )
        print(f"{type(refusal).__name__}: {refusal}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None


def _serve(
    image: Image, model: str, options: dict[str, Any], environment: Mapping[str, str]
) -> None:
    host, port = options.get("host") or "0.0.0.0", options.get("port", 8000)  # noqa: S104 - in a container
    log.info("api_server.py", f"vLLM API server version {image.version}")
    shown = {"model_tag": model, **options}
    if "api-key" in options:
        shown["api-key"] = "***"
    log.info("utils.py", f"non-default args: {shown}")
    server = api.bind(host, port)
    around = Circumstances.of(environment)
    loaded = engine.start(image, model, options, around, environment)
    log.info("api_server.py", f"Starting vLLM API server 0 on http://{host}:{port}")
    log.plain(f"INFO:     Started server process [{os.getpid()}]")
    log.plain("INFO:     Waiting for application startup.")
    log.plain("INFO:     Application startup complete.")
    keys = frozenset(options.get("api-key") or filter(None, [environment.get("VLLM_API_KEY")]))
    service = Service(loaded, image.version, shown, keys, around.fault)
    api.listen(server, service, around.token_seconds)
