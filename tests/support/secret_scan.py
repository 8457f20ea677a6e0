"""Look for secrets in each file that git tracks or would add; a part of `make lint`.

detect-secrets finds them. `tests/data/secret_scan.yaml` lists what is allowed, with a reason for
each entry. A file without findings is read again only after it, the list or the scanner has
changed: the first scan takes 14 s of one core, the next ones half a second.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
ALLOWED = "tests/data/secret_scan.yaml"
CACHE = ".secret_scan_cache"
_KEYS = {"files", "kind", "value", "reason"}


@dataclass(frozen=True)
class Allowed:
    """Findings of some kinds, in files of one pattern, whose whole value matches an expression."""

    files: str
    kind: str
    value: str
    reason: str

    def covers(self, name: str, kind: str, value: str) -> bool:
        named = fnmatchcase(name, self.files) and fnmatchcase(kind, self.kind)
        return named and re.fullmatch(self.value, value, re.DOTALL) is not None


@dataclass(frozen=True)
class Scanned:
    """What a scan of one file found: sentences for people, and which entries it needed."""

    name: str
    problems: tuple[str, ...]
    used: tuple[int, ...]


def read_allowed(text: str) -> list[Allowed]:
    """Return the entries of the list; raise `SystemExit` for one without a reason."""
    entries = YAML(typ="safe").load(text) or []
    for number, entry in enumerate(entries, 1):
        if set(entry) != _KEYS or not all(str(value).strip() for value in entry.values()):
            keys = ", ".join(sorted(_KEYS))
            raise SystemExit(f"{ALLOWED}: entry {number} needs exactly {keys}, none of them empty")
    return [Allowed(**entry) for entry in entries]


def scan(name: str, allowed: Sequence[Allowed]) -> Scanned:
    """Return what is found in one file of the current folder."""
    problems, used = [], set()
    with default_settings():
        for found in scan_file(name):
            value = found.secret_value or ""
            covers = (n for n, one in enumerate(allowed) if one.covers(name, found.type, value))
            entry = next(covers, None)
            if entry is None:
                problems.append(f"{name}:{found.line_number}: {found.type}")
            else:
                used.add(entry)
    return Scanned(name, tuple(problems), tuple(sorted(used)))


def _versions() -> Iterator[tuple[str, str]]:
    """Yield each file that git tracks or would add, with the hash of its content."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(listed, capture_output=True, check=True).stdout.decode()
    names = [name for name in out.split("\0") if Path(name).is_file() and "\n" not in name]
    names = [name for name in names if name not in {ALLOWED, CACHE} and not Path(name).is_symlink()]
    hashed = ["git", "hash-object", "--no-filters", "--stdin-paths"]
    lines = "".join(f"{name}\n" for name in names).encode()
    hashes = subprocess.run(hashed, input=lines, capture_output=True, check=True).stdout.decode()
    yield from zip(names, hashes.split(), strict=True)


def _known(of: str) -> dict[str, list[int]]:
    """Return the versions of files that an earlier scan with the same list found clean."""
    try:
        found = json.loads(Path(CACHE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(found["clean"]) if found.get("of") == of else {}


def _scan_all(names: Sequence[str], allowed: Sequence[Allowed]) -> Iterable[Scanned]:
    one = partial(scan, allowed=allowed)
    if len(names) < 20:  # less than a process costs
        return map(one, names)
    with get_context("fork").Pool(2) as pool:
        return pool.map(one, names, chunksize=8)


def main() -> None:
    """Scan the current folder's repository; end with status 1 if it holds what is not allowed."""
    text = Path(ALLOWED).read_text(encoding="utf-8")
    allowed = read_allowed(text)
    of = hashlib.sha256(f"{version('detect-secrets')}\n{text}".encode()).hexdigest()
    known = _known(of)
    versions = {name: f"{content} {name}" for name, content in _versions()}
    results = list(_scan_all([n for n, key in versions.items() if key not in known], allowed))
    clean = {key: known[key] for key in versions.values() if key in known}
    clean |= {versions[one.name]: list(one.used) for one in results if not one.problems}
    Path(CACHE).write_text(json.dumps({"of": of, "clean": clean}), encoding="utf-8")
    problems = [line for one in results for line in one.problems]
    used = {n for entries in clean.values() for n in entries} | {n for r in results for n in r.used}
    problems += [
        f"{ALLOWED}: entry {n + 1} ({one.files}, {one.kind}) matches nothing: remove it"
        for n, one in enumerate(allowed)
        if n not in used
    ]
    for line in problems:
        print(line, file=sys.stderr)
    if problems:
        sys.exit(
            f"{len(problems)} findings: remove a secret, and revoke it; for anything else, "
            f"write an entry with its reason into {ALLOWED}"
        )


if __name__ == "__main__":
    main()
