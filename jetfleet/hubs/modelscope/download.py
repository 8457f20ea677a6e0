"""The folders that ModelScope's own client writes: its cache, and ``--local_dir``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.hubs.download import BELOW_OWNER, Downloads, Origin
from jetfleet.hubs.modelscope.spec import BRANCH, FORM

if TYPE_CHECKING:
    from jetfleet.hubs.download import Download

NOTE = ".mv"
"""Older clients leave it in each folder: ``Revision:master,CreatedAt:…``."""

_CACHE = re.compile(
    r"/modelscope/((hub/)?models/(?P<org>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<revision>[^/]+)"
    r"|hub/(models/)?(?P<old_org>[^/]+)/(?P<old_name>[^/]+))$"
)
"""Since modelscope 1.38, and before."""


def origin_of(folder: Download) -> Origin | None:
    """Return where a folder comes from; None if this client did not write it."""
    if cached := _CACHE.search(folder.path):
        # The client writes three underscores for a dot, which some systems do not allow.
        name = (cached["name"] or cached["old_name"]).replace("___", ".")
        owner = cached["org"] or cached["old_org"]
        return _origin(owner, name, cached["revision"] or _noted(folder))
    local = BELOW_OWNER.search(folder.path)
    # Newer clients leave no note in a local folder, but only models of this hub have a
    # configuration.json beside their config.json.
    if local and (NOTE in folder.notes or "configuration.json" in folder.files):
        return _origin(local["org"], local["name"], _noted(folder))
    return None


def _noted(folder: Download) -> str:
    noted = re.match(r"Revision:([^,]+)", folder.notes.get(NOTE, ""))
    return noted[1] if noted else BRANCH


def _origin(owner: str, name: str, revision: str) -> Origin:
    at = "" if revision == BRANCH else f"@{revision}"
    return Origin(f"{FORM.hub}:{owner}/{name}{at}", revision)


DOWNLOADS = Downloads(origin_of, notes=(NOTE,))
