#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

webui OPTION...   runs Live VLM WebUI inside its container, with its own options and two more things

JETFLEET_MAX_TOKENS    most tokens of an answer: the page asks for 512 until a person changes it,
                       which a small context refuses
JETFLEET_UPSTREAM_KEY  key of the server that is asked: an argument would show it to every user of
                       the board
"""

from __future__ import annotations

import importlib
import os
import re
import runpy
import sys
from typing import Any

PACKAGE = "live_vlm_webui"


def preset(tokens: int) -> None:
    """Let the page and the service behind it start with this number of tokens."""
    package = importlib.import_module(PACKAGE)
    path = os.path.join(package.__path__[0], "static", "index.html")
    with open(path, encoding="utf-8") as page:
        text = page.read()
    text, found = re.subn(r'(id="maxTokens"[^>]*?\bvalue=")\d+', rf"\g<1>{tokens}", text)
    if found:
        with open(path, "w", encoding="utf-8") as page:
            page.write(text)
    else:
        print("jetfleet: this page has no Max Tokens of its own", file=sys.stderr, flush=True)
    try:
        service: Any = importlib.import_module(PACKAGE + ".vlm_service")
    except ImportError as error:
        print("jetfleet: until a page is open 512 tokens are asked for:", error, file=sys.stderr)
        return

    class Preset(service.VLMService):  # type: ignore[misc]
        """The service, with another number of tokens where nobody names one."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **dict({"max_tokens": tokens}, **named))

    service.VLMService = Preset


def main() -> None:
    """Run the server with its options."""
    if os.environ.get("JETFLEET_MAX_TOKENS"):
        preset(int(os.environ["JETFLEET_MAX_TOKENS"]))
    if os.environ.get("JETFLEET_UPSTREAM_KEY"):
        sys.argv += ["--api-key", os.environ.pop("JETFLEET_UPSTREAM_KEY")]
    sys.argv[0] = "live-vlm-webui"
    runpy.run_module(PACKAGE + ".server", run_name="__main__", alter_sys=False)


if __name__ == "__main__":
    main()
