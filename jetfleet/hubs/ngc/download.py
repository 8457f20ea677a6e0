"""The folders that NGC's own client writes: ``NAME_vVERSION``, without organisation and team."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.known_models import known_prefix
from jetfleet.hubs.download import Downloads, Origin
from jetfleet.hubs.ngc.spec import FORM

if TYPE_CHECKING:
    from jetfleet.hubs.download import Download

# `ngc registry model download-version`
_FOLDER = re.compile(r"/(?P<name>[^/]+)_v(?P<version>[^/]+)$")


def origin_of(folder: Download) -> Origin | None:
    """Return where a folder comes from; None for a name that the catalog does not know."""
    made = _FOLDER.search(folder.path)
    prefix = known_prefix(FORM.hub, made["name"]) if made else None
    return Origin(f"{prefix}:{made['version']}", made["version"]) if made and prefix else None


DOWNLOADS = Downloads(origin_of)
