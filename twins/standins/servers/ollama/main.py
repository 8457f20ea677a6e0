"""`ollama serve`, and the commands that ask it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from twins.standins.servers.kit import life, web
from twins.standins.servers.kit.life import Circumstances

from . import client, gpu, settings
from .api import Talk
from .runner import Runners
from .store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .gpu import Gpu
    from .settings import Settings


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; ends with 0, or 1 and a sentence."""
    words = list(sys.argv[1:] if argv is None else argv)
    about = json.loads((Path(__file__).parent / "image.json").read_text())
    given = settings.read(os.environ)
    if words[:1] in (["--version"], ["-v"]):
        print(client.version(given, about["version"]))  # noqa: T201 - its output
    elif words[:1] in (["serve"], ["start"]):
        if words[1:]:
            _end(f'unknown command "{words[1]}" for "ollama serve"')
        serve(given, about["version"], os.environ)
    elif words[:1] and words[0] in client.COMMANDS:
        client.run(given, words)
    else:
        _end(f'unknown command "{words[0]}" for "ollama"' if words else "no command was given")


def serve(given: Settings, version: str, environment: Mapping[str, str]) -> None:
    """Serve until SIGTERM."""
    life.end_on_signals()
    around = Circumstances.of(environment)
    around.begin()
    for warning in given.warnings:
        _log("WARN", "config.go", warning)
    shown = " ".join(f"OLLAMA_{k.upper()}:{v}" for k, v in sorted(given.shown().items()))
    _log("INFO", "routes.go", f'msg="server config" env="map[{shown}]"')
    try:
        server = web.Server(given.host, given.port, Talk)
    except OSError as error:
        _end(f"listen tcp {given.host}:{given.port}: bind: {(error.strerror or '').lower()}")
    store = Store(Path(given.models))
    try:
        (store.folder / "blobs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _end(f"mkdir {error.filename}: {(error.strerror or '').lower()}")
    if not given.noprune:
        _prune(store)
    _log("INFO", "routes.go", f'msg="Listening on {given.host}:{given.port} (version {version})"')
    found = gpu.find(around.root, environment)
    _log("INFO", "types.go", _compute(found))
    Talk.seconds_a_piece = around.token_seconds
    Talk.runners, Talk.version = Runners(given, store, found, around), version
    server.open()


def _prune(store: Store) -> None:
    try:
        gone = store.prune()
    except (OSError, ValueError) as error:
        _log(
            "WARN", "images.go", f'msg="corrupt manifests detected, skipping prune" error="{error}"'
        )
        return
    _log("INFO", "images.go", f'msg="total unused blobs removed: {gone}"')


def _compute(found: Gpu) -> str:
    if found.device is None:
        return 'msg="no compatible GPUs were discovered" library=cpu'
    board = found.device
    return (
        f'msg="inference compute" library=cuda variant={found.library} '
        f'compute={board.sm / 10} total="{board.total_gib:.1f} GiB" '
        f'available="{board.free_gib:.1f} GiB"'
    )


def _log(level: str, source: str, text: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    life.plain(f"time={at} level={level} source={source} {text}")


def _end(sentence: str) -> NoReturn:
    life.plain(f"Error: {sentence}")
    raise SystemExit(1)
