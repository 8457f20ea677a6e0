"""HTTP from the workstation to the stand-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from pathlib import Path


def session(authority: Path | None = None) -> requests.Session:
    """Open a session that trusts `authority` alone and goes through no proxy."""
    opened = requests.Session()
    # Otherwise REQUESTS_CA_BUNDLE and HTTPS_PROXY would override what is set here.
    opened.trust_env = False
    if authority is not None:
        opened.verify = str(authority)
    return opened
