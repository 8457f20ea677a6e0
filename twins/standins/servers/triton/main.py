"""`tritonserver`, from its options to its three ports."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from twins.standins.servers.kit import device, life, web
from twins.standins.servers.kit.life import Circumstances
from twins.standins.servers.vllm.image import Image

from . import api, options
from .repository import Backends, Failed
from .server import Server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ANY = "0.0.0.0"  # noqa: S104 - its default
_NO_SUCH_LIBRARY = 127


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server; ends with 0 (SIGTERM) or 1 and a sentence."""
    life.end_on_signals(last="Signal (15) received.")
    folder = Path(__file__).parent
    about = json.loads((folder / "image.json").read_text())
    try:
        given = options.parse(sys.argv[1:] if argv is None else argv)
    except options.Wrong as wrong:
        _end(f"{wrong}\nUsage: tritonserver [options]\n  --help\n\tPrint usage")
    if given.get("help"):
        _end("Usage: tritonserver [options]", 0)
    around = Circumstances.of(os.environ)
    around.begin()
    _check_libraries(about, around.root)
    image = None
    if "vllm" in about["backends"]:
        table = json.loads((folder / "options.json").read_text())["options"]
        vllm = about["vllm"]
        image = Image(vllm["version"], vllm["sm"], table)
    backends = Backends(tuple(about["backends"]), image)
    if "model-repository" not in given:
        _end("error: creating server: Invalid argument - --model-repository must be specified")
    api.Talk.seconds_a_piece = around.token_seconds
    server = Server(about["version"], given, backends, around, os.environ)
    _load(server, given)
    _serve(server, given)


def _check_libraries(about: Mapping[str, Any], root: Path) -> None:
    """End as the dynamic linker does: an image for Orin's own libraries finds none elsewhere."""
    try:
        soc = device.find(root).soc
    except device.NoGpu:
        life.plain("WARNING: The NVIDIA Driver was not detected.  GPU functionality will not be "
                   "available.")  # fmt: skip
        return
    if about.get("igpu") and soc != "orin":
        _end("tritonserver: error while loading shared libraries: libnvdla_compiler.so: cannot "
             "open shared object file: No such file or directory", _NO_SUCH_LIBRARY)  # fmt: skip


def _load(server: Server, given: Mapping[str, Any]) -> None:
    try:
        failed = server.start()
    except Failed as error:
        _end(f"error: creating server: Internal - {error}")
    for name, model in server.models.items():
        if model.ready:
            _log("I", f"successfully loaded '{name}'")
        else:
            _log("E", f"failed to load '{name}' version 1: {model.reason}")
    if failed and given.get("exit-on-error", True):
        _end("error: creating server: Internal - failed to load all models")


def _serve(server: Server, given: Mapping[str, Any]) -> None:
    address = given.get("http-address", _ANY)
    api.Talk.triton = api.Metrics.triton = server
    if given.get("allow-grpc", True):
        place = (given.get("grpc-address", _ANY), given.get("grpc-port", 8001))
        grpc = _bound(*place, "GRPC")
        grpc.listen()
        _log("I", f"Started GRPCInferenceService at {place[0]}:{place[1]}")
    if given.get("allow-metrics", True):
        place = (given.get("metrics-address", address), given.get("metrics-port", 8002))
        metrics = _server(*place, api.Metrics, "Metrics")
        threading.Thread(target=metrics.open, daemon=True).start()
        _log("I", f"Started Metrics Service at {place[0]}:{place[1]}")
    if not given.get("allow-http", True):
        threading.Event().wait()
    port = given.get("http-port", 8000)
    http = _server(address, port, api.Talk, "HTTP")
    http.server_activate()
    _log("I", f"Started HTTPService at {address}:{port}")
    http.serve_forever()


def _server(address: str, port: int, talk: type[web.Talk], name: str) -> web.Server:
    try:
        return web.Server(address, port, talk)
    except OSError:
        _taken(address, port, name)


def _bound(address: str, port: int, name: str) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        _taken(address, port, name)
    return listener


def _taken(address: str, port: int, name: str) -> NoReturn:
    _end(f"error: failed to start {name} service: Unavailable - Socket '{address}:{port}' already "
         "in use")  # fmt: skip


def _log(level: str, text: str) -> None:
    at = time.strftime("%m%d %H:%M:%S.000000")
    life.plain(f'{level}{at} 1 server.cc:1] "{text}"')


def _end(sentence: str, status: int = 1) -> NoReturn:
    life.plain(sentence)
    raise SystemExit(status)
