"""`vllm serve MODEL [options]` and `vllm --version`, as the image starts them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from . import api, arguments, engine, log
from .image import Image
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOAD_SECONDS = Path("/etc/twin-load-seconds")
_USUAL_SECONDS = 1.0


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; ends with 0 (SIGTERM), 1 (the engine refused) or 2 (the command line)."""
    # As process 1 of a container there is no default action: without this, SIGTERM does nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    image = Image.read(Path(__file__).parent)
    try:
        model, options = arguments.parse(image, sys.argv[1:] if argv is None else argv)
        _serve(image, model or "Qwen/Qwen3-0.6B", options, os.environ)
    except (OSError, RuntimeError, TypeError, ValueError) as refusal:
        log.error("core.py", f"EngineCore failed to start.\n{type(refusal).__name__}: {refusal}")
        print(f"{type(refusal).__name__}: {refusal}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None


def _serve(
    image: Image, model: str, options: dict[str, Any], environment: Mapping[str, str]
) -> None:
    host, port = options.get("host") or "0.0.0.0", options.get("port", 8000)  # noqa: S104
    log.info("api_server.py", f"vLLM API server version {image.version}")
    shown = {"model_tag": model, **options}
    if "api-key" in options:
        shown["api-key"] = "***"
    log.info("utils.py", f"non-default args: {shown}")
    server = api.bind(host, port)
    fault = environment.get("JETFLEET_STANDIN_FAULT", "")
    around = engine.Circumstances(_seconds(environment), fault)
    loaded = engine.start(image, model, options, around)
    log.info("api_server.py", f"Starting vLLM API server 0 on http://{host}:{port}")
    log.plain(f"INFO:     Started server process [{os.getpid()}]")
    log.plain("INFO:     Waiting for application startup.")
    log.plain("INFO:     Application startup complete.")
    keys = frozenset(options.get("api-key") or filter(None, [environment.get("VLLM_API_KEY")]))
    api.listen(server, Service(loaded, image.version, shown, keys, fault))


def _seconds(environment: Mapping[str, str]) -> float:
    written = _LOAD_SECONDS.read_text() if _LOAD_SECONDS.is_file() else ""
    return float(environment.get("JETFLEET_STANDIN_LOAD_SECONDS") or written or _USUAL_SECONDS)


def _leave(_number: int, _frame: object) -> NoReturn:
    log.plain("INFO:     Shutting down")
    # Not sys.exit: threads that answer a request would hold the process.
    os._exit(0)
