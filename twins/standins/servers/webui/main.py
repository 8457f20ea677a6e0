"""`python -m live_vlm_webui.server`, as https://github.com/NVIDIA-AI-IOT/live-vlm-webui has it."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import ssl
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from twins.standins.servers.kit import life, web

from .service import VLMService

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CLOUD = "https://integrate.api.nvidia.com/v1"
_CLOUD_MODEL = "meta/llama-3.2-11b-vision-instruct"
_PROBED = (("Ollama", 11434), ("vLLM", 8000), ("SGLang", 30000))
_PROMPT = "Describe what you see in this image in one sentence."
_PAGE = Path("usr/lib/python3/dist-packages/live_vlm_webui/static/index.html")
_SECONDS = 2


def main(argv: Sequence[str] | None = None) -> None:
    """Serve; ends with 0 - also when the port is in use - or 1 without a certificate."""
    life.end_on_signals()
    given = vars(_parser().parse_args(sys.argv[1:] if argv is None else argv))
    about = _settled(given, os.environ)
    context = None if given["no_ssl"] else _certificate(given)
    try:
        server = web.Server(given["host"], given["port"], _Talk)
    except OSError as error:
        life.plain(f"ERROR - Port {given['port']} is in use: {error.strerror}")
        return
    if context is not None:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    root = Path(os.environ.get("JETFLEET_STANDIN_ROOT") or "/")
    service = _service()(about["model"], about["api_base"], given["api_key"], given["prompt"])
    _Talk.about = {**about, "max_tokens": service.max_tokens}
    _Talk.page = (root / _PAGE).read_text()
    life.plain(f"INFO - Initialized VLM service: model={about['model']} api={about['api_base']}")
    jtop = (root / "run/jtop.sock").exists()
    life.plain(f"INFO - jtop: {'connected' if jtop else 'not available'}")
    server.open()


def _service() -> type[VLMService]:
    """Return the class that the package has now: a program that imports it may replace it."""
    try:
        found: type[VLMService] = importlib.import_module("live_vlm_webui.vlm_service").VLMService
    except ImportError:
        return VLMService
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="live-vlm-webui")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - its default
    parser.add_argument("--port", type=int, default=8090)
    for name in ("model", "api-base", "ssl-cert", "ssl-key"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--api-key", default="EMPTY")
    parser.add_argument("--prompt", default=_PROMPT)
    parser.add_argument("--process-every", type=int, default=30)
    parser.add_argument("--no-ssl", action="store_true")
    parser.add_argument("--auto-port", action="store_true")
    return parser


def _settled(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the server to use: the given one, else one that it finds, else the cloud."""
    base = given["api_base"] or environment.get("LIVE_VLM_API_BASE")
    model = given["model"] or environment.get("LIVE_VLM_DEFAULT_MODEL")
    if not base or not model:
        found_base, found_model = _probed() or (CLOUD, _CLOUD_MODEL)
        if (found_base, bool(base)) == (CLOUD, False):
            life.plain("WARNING - No local VLM service found; using the cloud API of NVIDIA")
        base, model = base or found_base, model or found_model
    every = int(environment.get("LIVE_VLM_PROCESS_EVERY") or given["process_every"])
    shown = {key: value for key, value in given.items() if key != "api_key"}
    return {**shown, "api_base": base, "model": model, "process_every": every}


def _probed() -> tuple[str, str] | None:
    for name, port in _PROBED:
        base = f"http://localhost:{port}/v1"
        models = _models(base)
        if models:
            life.plain(f"INFO - Found {name} at {base}")
            return base, models[0]
    return None


def _models(base: str) -> list[str]:
    place = urlsplit(base)
    if place.scheme != "http":
        return []
    try:
        connection = HTTPConnection(place.hostname or "", place.port, timeout=_SECONDS)
        connection.request("GET", f"{place.path}/models")
        return [one["id"] for one in json.loads(connection.getresponse().read())["data"]]
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        return []


def _certificate(given: Mapping[str, Any]) -> ssl.SSLContext:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "live-vlm-webui"
    cert = Path(given["ssl_cert"] or folder / "cert.pem")
    key = Path(given["ssl_key"] or folder / "key.pem")
    if not (cert.is_file() and key.is_file()) and shutil.which("openssl") is None:
        life.plain(f"ERROR - SSL certificates not found at {cert} and openssl is not installed")
        raise SystemExit(1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:
        life.plain(f"ERROR - SSL certificates cannot be used: {error}")
        raise SystemExit(1) from None
    return context


class _Talk(web.Talk):
    about: ClassVar[dict[str, Any]]
    page: ClassVar[str]

    def get(self, path: str) -> None:
        if path == "/":
            self.text(200, self.page, "text/html; charset=utf-8")
        elif path == "/models":
            self.json(200, self._listing())
        elif path == "/api/rtsp/status":
            self.json(200, {"active": False})
        elif path == "/detect-services":
            found = [{"name": n, "url": f"http://localhost:{p}/v1"} for n, p in _PROBED]
            self.json(200, {"detected": [one for one in found if _models(one["url"])]})
        elif path == "/standin/options":
            self.json(200, self.about)
        else:
            self.text(404, "404: Not Found")

    def _listing(self) -> dict[str, Any]:
        asked = parse_qs(urlsplit(self.path).query).get("api_base", [self.about["api_base"]])[0]
        current = self.about["model"]
        # The given one is shown even if it does not answer.
        names = _models(asked) or [current]
        return {"models": [{"id": n, "name": n, "current": n == current} for n in names]}
