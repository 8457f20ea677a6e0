#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

ready FILE          waits until the service of FILE is ready, as ExecStartPost of its unit
ready FILE --now    checks it once, and prints what it answered as one line of JSON

FILE is JSON: `kind` (openai, ollama, triton, http), `url`, `models`, and as its kind needs them
`health` (path), `status`, `vision`, `asks`, `gpu`, `folders`, and `key`: the variable in the env
file beside it that holds the key; without it no key is shown. Ready means that health is good, that
every model is listed, and that it generates. With --now each model is asked that the server loads
on demand. The status of a board imports this file to list the models of its servers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from jetfleet.board.http_server import Http
from jetfleet.board.ollama_server import Ollama
from jetfleet.board.openai_server import OpenAI
from jetfleet.board.reply import Broke, NotYet, Wrong
from jetfleet.board.triton_server import Triton

if TYPE_CHECKING:
    from jetfleet.board.server import Server

ENDED = "the server ended before it was ready"

KINDS: dict[str, Any] = {"openai": OpenAI, "ollama": Ollama, "triton": Triton, "http": Http}


def about_of(path: str) -> dict[str, Any]:
    """Return what FILE says; raise Wrong if it is damaged."""
    try:
        with open(path, encoding="utf-8") as text:
            about: dict[str, Any] = json.load(text)
        about["url"], KINDS[about["kind"]]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise Wrong(f"{path} is damaged ({type(error).__name__}): run the deploy again") from error
    return about


def server_of(path: str, seconds: float = 10) -> Server:
    """Return the server that FILE describes, with its key."""
    about = about_of(path)
    secret = ""
    if about.get("key"):
        with open(os.path.join(os.path.dirname(path), "env"), encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(about["key"] + "="):
                    secret = line.rstrip("\n").split("=", 1)[1]
    server: Server = KINDS[about["kind"]](about, secret, seconds)
    return server


def ends(pid: str | None, seconds: float = 10) -> bool:
    """Tell whether the main process is no more, or soon: a container outlives its program a bit."""
    end = time.monotonic() + seconds
    while pid and os.path.exists("/proc/" + pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return bool(pid)


def main(arguments: list[str]) -> None:
    """Check once, or wait; end with a sentence if it cannot become ready."""
    server, once = server_of(arguments[0]), "--now" in arguments
    server.every = once
    pid, told = os.environ.get("MAINPID"), set()
    while True:
        try:
            answers = list(server.answers())
        except NotYet as reason:
            if once:
                sys.exit(f"{server.url} does not answer: {reason}")
            # Each once: what comes again and again is no progress. None at all is no answer yet.
            if reason.code and str(reason) not in told:
                print(f"not ready yet: {reason}", file=sys.stderr, flush=True)
                told.add(str(reason))
        except Broke as broken:
            sys.exit(ENDED if ends(pid) else str(broken))
        except Wrong as wrong:
            sys.exit(str(wrong))
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            sys.exit(f"{server.url} answered in an unknown form ({type(error).__name__}: {error})")
        else:
            print(json.dumps({"answers": answers}, ensure_ascii=False))
            return
        if ends(pid, 0):
            sys.exit(ENDED)
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as damaged:
        sys.exit(str(damaged))
