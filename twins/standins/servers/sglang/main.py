"""`python3 -m sglang.launch_server`: the port opens once the model is loaded, then it warms up."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from twins.standins.servers.kit import life, web
from twins.standins.servers.kit.life import Circumstances

from . import api, engine, options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KILLED = 137
_WARM_UP_SECONDS = 0.5
_WAITS_SINCE = (0, 5)
_LOG = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve; ends with 2 for a wrong command line, 137 for a failed load, and 0 by SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(message)s", force=True)
    here = Path(__file__).parent
    about = json.loads((here / "image.json").read_text())
    table = json.loads((here / "options.json").read_text())["options"]
    given = options.parse(table, sys.argv[1:] if argv is None else argv)
    if ":" in str(given.get("served-model-name", "")) and _waits(about):
        raise AssertionError("served_model_name cannot contain a colon (':') character.")
    _LOG.info("server_args=ServerArgs(%s)", _shown(given))
    around = Circumstances.of(os.environ)
    around.begin()
    try:
        loaded, vision = engine.load(about, given, around, _LOG.info)
    except (OSError, RuntimeError, ValueError) as error:
        _LOG.info("Scheduler hit an exception: %s: %s", type(error).__name__, error)
        _die("Received sigquit from a child process. It usually means the child failed.")
    api.Talk.seconds_a_piece = around.token_seconds
    service = api.Service(loaded, given, vision, _waits(about), around.fault)
    _serve(service, str(given.get("host", "127.0.0.1")), int(given.get("port", 30000)))


def _serve(service: api.Service, host: str, port: int) -> None:
    """Open the port, warm up and answer until the process ends."""
    api.Talk.service = service
    try:
        server = web.Server(host, port, api.Talk)
    except OSError as error:
        _die(f"[Errno {error.errno}] error while attempting to bind on address ('{host}', {port})")
    life.end_on_signals(last="SIGTERM received. Draining requests and shutting down...")
    threading.Thread(target=_warm_up, args=[service], daemon=True).start()
    _LOG.info("Uvicorn running on http://%s:%s (Press CTRL+C to quit)", host, port)
    server.open()


def _warm_up(service: api.Service) -> None:
    time.sleep(_WARM_UP_SECONDS)
    service.warm.set()
    _LOG.info("The server is fired up and ready to roll!")


def _shown(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('-', '_')}={value!r}" for name, value in given.items())


def _waits(about: Mapping[str, Any]) -> bool:
    first, second = str(about["version"]).split(".")[:2]
    return (int(first), int(second)) >= _WAITS_SINCE


def _die(sentence: str) -> NoReturn:
    """End as SGLang does, which kills itself."""
    _LOG.info(sentence)
    os._exit(_KILLED)
