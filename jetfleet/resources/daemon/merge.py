"""Merging keys into a daemon.json that others write to as well.

Two keys have two spellings:

- ``args`` (nvidia-ctk) and ``runtimeArgs`` (which dockerd reads) of a runtime. The board's spelling
  is kept, so that jetfleet and nvidia-ctk do not overwrite each other for ever; arguments that are
  not empty are written as ``runtimeArgs``.
- ``graph``, the old name of ``data-root``: dockerd refuses a file that has both.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

KeyPath = tuple[str, ...]

ABSENT = object()
"""What `value_at` returns for a key that is not there."""

_OF_RUNTIME = {"args": "runtimeArgs", "runtimeArgs": "args"}
_ON_PATH = frozenset({"/usr/bin", "/bin"})
"""Folders of the board's own packages, where dockerd finds a program without its folder."""
_SIZES = {("default-shm-size",), ("log-opts", "max-size")}
_SIZE = re.compile(r"([0-9.]+) ?([kmgtp]?)i?b?")
"""https://github.com/docker/go-units/blob/master/size.go: of a unit dockerd reads one letter."""
_OF_DAEMON = {"data-root": "graph", "graph": "data-root"}


def merge(have: Mapping[str, Any], want: Mapping[str, Any], above: KeyPath = ()) -> dict[str, Any]:
    """Return `have` with the keys of `want` set, objects merged key by key.

    Of a key with two spellings the result has one.
    """
    merged = dict(have)
    for key, value in want.items():
        path = (*above, key)
        old, other = merged.get(key), _other_spelling(path)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(old, value, path)
        elif other is None:
            merged[key] = old if same(path, old, value) else value
        else:
            name = _spelling(key, other, merged, value)
            merged = {n: one for n, one in merged.items() if n not in {key, other}}
            merged[name] = value
    return merged


def render(settings: Mapping[str, Any]) -> str:
    """Return JSON as nvidia-ctk writes it: four blanks."""
    return json.dumps(settings, indent=4, ensure_ascii=False) + "\n"


def leaves(settings: Mapping[str, Any], above: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield each value that is no object, with its path."""
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def value_at(settings: Mapping[str, Any], path: KeyPath) -> Any:  # noqa: ANN401
    """Return the value at a path, in either spelling of its last key; `ABSENT` without one."""
    value: Any = settings
    for key in path[:-1]:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        return ABSENT
    other = _other_spelling(path)
    spelled = path[-1] if path[-1] in value or other is None else other
    return value.get(spelled, ABSENT)


def part(settings: Mapping[str, Any], paths: Iterable[KeyPath]) -> dict[str, Any]:
    """Return the settings with these paths alone, as they are spelled."""
    found: dict[str, Any] = {}
    for path in paths:
        value = value_at(settings, path)
        if value is ABSENT:
            continue
        inside = found
        for key in path[:-1]:
            inside = inside.setdefault(key, {})
        above = value_at(settings, path[:-1]) if path[:-1] else settings
        other = _other_spelling(path)
        inside[path[-1] if path[-1] in above or other is None else other] = value
    return found


def same(path: KeyPath, have: Any, want: Any) -> bool:  # noqa: ANN401
    """Tell whether a board has a value, in whatever spelling.

    No arguments of a runtime are the same as none, its program may have its folder or not, a folder
    and a mirror may end with a slash, and a size has its unit in several forms.
    """
    if _is_of_runtime(path) and have is ABSENT:
        return want in ([], None)
    if isinstance(have, str) and isinstance(want, str):
        return _plain(path, have) == _plain(path, want)
    if isinstance(have, list) and isinstance(want, list) and len(have) == len(want):
        return all(same((*path, ""), one, other) for one, other in zip(have, want, strict=True))
    return type(have) is type(want) and bool(have == want)


def _plain(path: KeyPath, text: str) -> str:
    """Return a text in the one spelling that is compared."""
    if len(path) == 1 and path[0] in _OF_DAEMON:
        return posixpath.normpath(text) if text.startswith("/") else text
    if path[0] == "registry-mirrors":
        return text.removesuffix("/")
    if path in _SIZES:
        size = _SIZE.fullmatch(text.lower())
        return f"{size[1]}{size[2]}" if size else text
    folder, _, name = text.rpartition("/")
    is_program = len(path) == 3 and (path[0], path[2]) == ("runtimes", "path")  # noqa: PLR2004
    return name if is_program and folder in _ON_PATH else text


def _other_spelling(path: KeyPath) -> str | None:
    if _is_of_runtime(path):
        return _OF_RUNTIME[path[-1]]
    return _OF_DAEMON.get(path[0]) if len(path) == 1 else None


def _is_of_runtime(path: KeyPath) -> bool:
    return len(path) == 3 and path[0] == "runtimes" and path[-1] in _OF_RUNTIME  # noqa: PLR2004


def _spelling(key: str, other: str, have: Mapping[str, Any], value: object) -> str:
    """Return the spelling of a key to write, of its two."""
    if "data-root" in {key, other}:
        return "data-root"
    if value:
        return "runtimeArgs"
    return other if other in have and key not in have else key
