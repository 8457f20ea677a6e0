"""The HTTP proxy of a board, as variables of a program that fetches."""

from __future__ import annotations

import os
from pathlib import Path


def with_proxy(path: str) -> dict[str, str]:
    """Return the variables of this process, with those of a file if `path` names one.

    The file has a line for each variable, without quotes.
    """
    found = dict(os.environ)
    for line in Path(path).read_text(encoding="utf-8").splitlines() if path else ():
        name, equals, value = line.partition("=")
        if equals:
            found[name] = value
    return found


def without_proxy() -> dict[str, str]:
    """Return the variables of this process, without those of a proxy: for servers of the site."""
    return {name: value for name, value in os.environ.items() if not _of_proxy(name)}


def _of_proxy(name: str) -> bool:
    return name.lower() in {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy"}
