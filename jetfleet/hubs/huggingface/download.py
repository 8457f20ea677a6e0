"""The folders that Hugging Face's own client writes: its cache, and ``--local-dir``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.hubs.download import BELOW_OWNER, Downloads, Origin
from jetfleet.hubs.huggingface.spec import FORM

if TYPE_CHECKING:
    from jetfleet.hubs.download import Download

NOTE = ".cache/huggingface/download/config.json.metadata"
"""In a local folder; its first line is the commit."""

_CACHE = re.compile(r"/models--(?P<org>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<revision>[^/]+)$")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def origin_of(folder: Download) -> Origin | None:
    """Return where a folder comes from; None if this client did not write it."""
    if cached := _CACHE.search(folder.path):
        return _origin(cached, cached["revision"])
    local = BELOW_OWNER.search(folder.path)
    commit = folder.notes.get(NOTE.rpartition("/")[2], "")
    return _origin(local, commit) if local and _COMMIT.fullmatch(commit) else None


def _origin(found: re.Match[str], commit: str) -> Origin:
    return Origin(f"{FORM.hub}:{found['org']}/{found['name']}@{commit}", commit)


DOWNLOADS = Downloads(origin_of, notes=(NOTE,))
