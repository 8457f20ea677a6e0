"""Programs that run on a board: Python 3.8 with the standard library, or POSIX sh.

Each is here, or in the folder `board` of the runtime that needs it, and reaches a board byte for
byte. A program of several files imports only other files of this folder: it is sent with them, or
installed as one file that `joined` makes.
"""

from __future__ import annotations

import ast
import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.resolve()

READY = (
    "foreign_json.py", "printable.py", "question.py", "reply.py", "server.py", "embedding.py",
    "ranking.py", "openai_server.py", "ollama_server.py", "inference.py", "triton_server.py",
    "http_server.py", "ready.py",
)  # fmt: skip
"""The program that waits for the readiness of a server, each file after those that it imports."""

STATUS = (*READY, "kernel_file.py", "out_of_memory.py", "units.py", "status.py")
"""The program that reads a board's status, likewise."""

PROBE = (*STATUS, "load_figures.py", "load_client.py", "metrics.py", "probe.py")
"""The program that measures how fast a service answers, likewise."""

_FOLDER = ContextVar("_FOLDER", default=ROOT)


def folders() -> tuple[Path, ...]:
    """Return the folders with programs: this one, and those of the runtimes."""
    return (ROOT, *sorted(ROOT.parent.glob("runtimes/*/board")))


def program(name: str, *, runtime: str = "") -> str:
    """Return the text of a program.

    Parameters
    ----------
    name:
        Its file, such as ``ready.py``.
    runtime:
        Folder of the runtime that it belongs to; empty: it is here.

    """
    folder = _FOLDER.get()
    if runtime:
        folder = folder.parent / "runtimes" / runtime / ROOT.name
    if _FOLDER.get() == ROOT:
        return _own(folder / name)
    return (folder / name).read_text(encoding="utf-8")


def sent(name: str) -> str:
    """Return the text of a shell program without its comments, as scripts of each run have it.

    A survey has to reach a board in the first ten segments of a connection. Of lines that begin
    with ``#`` those for shellcheck stay: scripts are checked as they are sent.
    """
    return _COMMENTS.sub("", program(name))


_COMMENTS = re.compile(r"^ *#(?! shellcheck).*\n", re.MULTILINE)


@cache
def _own(path: Path) -> str:
    """Return a file of this installation, which stays as it is while it is used."""
    return path.read_text(encoding="utf-8")


def joined(names: Sequence[str]) -> str:
    """Return the text of a program of several files as one file, which imports nothing of ours.

    Revisions that have the program in fewer files are taken as they are.

    Parameters
    ----------
    names:
        Files of the modules that the program imports, then its own. No two of them give one name
        at their top level to different things.

    """
    *modules, last = names
    found = [_cut(program(name))[1] for name in modules if (_FOLDER.get() / name).is_file()]
    if not found:
        return program(last)
    head, main = _cut(program(last))
    return "\n\n".join([head, *found, main]) + "\n"


@lru_cache(maxsize=64)
def _cut(text: str) -> tuple[str, str]:
    """Return the beginning of a file, up to the import of the future, and what follows.

    What follows has none of the imports of our own modules.
    """
    lines = text.splitlines()
    begins, ours = 0, set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            begins = node.end_lineno or 0
        typing = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        block = node.body if isinstance(node, ast.If) and typing else [node]
        found = [one for one in block if _is_ours(one)]
        for one in [node] if found == block else found:
            ours |= set(range(one.lineno - 1, one.end_lineno or one.lineno))
    kept = [line for at, line in enumerate(lines) if at >= begins and at not in ours]
    return "\n".join(lines[:begins]), "\n".join(kept).strip("\n")


def _is_ours(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jetfleet.")


@contextmanager
def programs_of(folder: Path) -> Iterator[None]:
    """Take the programs from another folder: those of another revision, for a review.

    The programs of runtimes are those of the same revision, in ``../runtimes``.
    """
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)
