"""Runs a program that came as JSON on standard input, without writing it anywhere.

An argument is the number of the descriptor that it came on instead: of a program that reads its
standard input.

`modules` are its texts by name, each before those that import it; the last one's `main` is called
with `job`. So two programs can share a module, and secrets in a job are in no argument and no file.
"""

from __future__ import annotations

import json
import sys
import types
from typing import Any


def read(number: int) -> Any:
    """Return the JSON that a descriptor has."""
    with open(number, encoding="utf-8") as source:
        return json.load(source)


def main() -> None:
    """Run it."""
    sent = json.load(sys.stdin) if not sys.argv[1:] else read(int(sys.argv[1]))
    for name, text in sent["modules"].items():
        sys.modules[name] = types.ModuleType(name)
        exec(compile(text, name, "exec"), sys.modules[name].__dict__)  # noqa: S102 - it came with us
    sys.modules[name].main(sent["job"])


if __name__ == "__main__":
    main()
