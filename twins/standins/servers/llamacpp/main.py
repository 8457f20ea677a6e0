"""`llama-server`: it listens at once, and says 503 until the model is loaded."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from twins.standins.servers.kit import life, web
from twins.standins.servers.kit.life import Circumstances

from . import engine, options
from .api import Talk

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABORTED = 134


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server; ends with 0 (SIGTERM), 1, or 134 where ggml aborts."""
    life.end_on_signals()
    about = json.loads((Path(__file__).parent / "image.json").read_text())
    try:
        given = options.parse(sys.argv[1:] if argv is None else argv, os.environ)
    except options.Wrong as wrong:
        _end(str(wrong))
    if given.get("version"):
        life.plain(f"version: {about['build']} (0000000)")
        return
    if "model" not in given:
        _end("error: --model is required")
    host, port = str(given.get("host", "127.0.0.1")), int(given.get("port", 8080))
    try:
        server = web.Server(host, port, Talk)
    except OSError:
        _end(f"start: couldn't bind HTTP server socket, hostname: {host}, port: {port}")
    Talk.options, Talk.build, Talk.keys = given, f"b{about['build']}", _keys(given)
    around = Circumstances.of(os.environ)
    Talk.fault, Talk.seconds_a_piece = around.fault, around.token_seconds
    server.server_activate()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    life.plain("main: loading model")
    try:
        Talk.loaded, Talk.file = engine.load(int(about["sm"]), given, around)
    except engine.Abort as abort:
        life.plain(f"ggml_cuda_compute_forward: MUL_MAT failed\n{abort}")
        # The shell's status for SIGABRT, which does not end process 1 of a container.
        os._exit(_ABORTED)
    except (OSError, RuntimeError, ValueError) as error:
        life.plain(f"{error}\nsrv    load_model: failed to load model, '{given['model']}'")
        life.plain("main: exiting due to model loading error")
        os._exit(1)
    life.plain(f"main: server is listening on http://{host}:{port} - starting the main loop")
    threading.Event().wait()


def _keys(given: dict[str, object]) -> frozenset[str]:
    keys = {key for key in str(given.get("api-key", "")).split(",") if key}
    if "api-key-file" in given:
        lines = Path(str(given["api-key-file"])).read_text().splitlines()
        keys |= {line for line in lines if line and not line.startswith("#")}
    return frozenset(keys)


def _end(sentence: str) -> NoReturn:
    life.plain(sentence)
    raise SystemExit(1)
