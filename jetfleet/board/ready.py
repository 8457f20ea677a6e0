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
from jetfleet.board.printable import printable
from jetfleet.board.reply import Broke, NotYet, Wrong, cut
from jetfleet.board.triton_server import Triton

if TYPE_CHECKING:
    from jetfleet.board.server import Server

ENDED = "the server ended before it was ready"
SENTENCE = 4000
"""Most characters of a sentence that ends the program: several models can each have a reason."""
REASONS = 100
"""Most reasons of a wait that are printed."""

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
    secret = key_of(path, about["key"]) if about.get("key") else ""
    server: Server = KINDS[about["kind"]](about, secret, seconds)
    return server


def key_of(path: str, variable: str) -> str:
    """Return the key in the env file beside FILE; raise Wrong if it cannot be read."""
    secret = ""
    try:
        with open(os.path.join(os.path.dirname(path), "env"), encoding="utf-8") as rows:
            for row in rows:
                if row.startswith(variable + "="):
                    secret = row.rstrip("\n").split("=", 1)[1]
    except (OSError, ValueError) as error:
        raise Wrong(f"the env file beside {path} is damaged: run the deploy again") from error
    return secret


def ends(pid: str | None, seconds: float = 10) -> bool:
    """Tell whether the main process is no more, or soon: a container outlives its program a bit."""
    end = time.monotonic() + seconds
    while pid and os.path.exists("/proc/" + pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return bool(pid)


def main(arguments: list[str]) -> None:
    """Check once, or wait; end with a sentence if it cannot become ready.

    What a server wrote is printed without control characters, and cut.
    """
    server, once = server_of(arguments[0]), "--now" in arguments
    server.every = once
    pid = os.environ.get("MAINPID")
    named: set[str] = set()
    while True:
        try:
            answers = list(server.answers())
        except NotYet as reason:
            if once:
                sys.exit(f"{server.url} does not answer: {cut(str(reason))}")
            # Each once: what comes again and again is no progress. None at all is no answer yet.
            said = cut(str(reason))
            if reason.code and said not in named and len(named) < REASONS:
                print(f"not ready yet: {said}", file=sys.stderr, flush=True)
                named.add(said)
        except Broke as broken:
            sys.exit(ENDED if ends(pid) else cut(str(broken), SENTENCE))
        except Wrong as wrong:
            sys.exit(cut(str(wrong), SENTENCE))
        except (ArithmeticError, LookupError, TypeError, AttributeError, ValueError) as error:
            what = f"{type(error).__name__}: {cut(str(error))}"
            sys.exit(f"{server.url} answered in an unknown form ({what})")
        else:
            print(printable(json.dumps({"answers": answers}, ensure_ascii=False)))
            return
        if ends(pid, 0):
            sys.exit(ENDED)
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as damaged:
        sys.exit(str(damaged))
