"""The APT sources of a suite, derived from those that the workstation itself uses.

Nothing here knows the name of a mirror: what the workstation reaches is what twins are built from.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache

from jetfleet.errors import FleetError

_FORMAT = "$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(CREATED_BY)"
_POCKETS = {"Debian": ("", "-updates", "-security"), "Ubuntu": ("", "-updates", "-security")}
# The build needs the same proxy and CA to reach the mirror as the workstation itself.
_KEPT_OPTIONS = re.compile(r"^Acquire::(http|https|Check-Valid-Until|Check-Date)\b", re.IGNORECASE)

SUITES = {"Debian": ("bookworm", "trixie"), "Ubuntu": ("jammy", "noble")}
"""By origin of the workstation's packages: what stands for Ubuntu 22.04, and for 24.04."""


def origin(listing: str) -> str:
    """Name the distribution, `Debian` or `Ubuntu`, that the listing's index files come from."""
    for name in SUITES:
        if any(line.startswith(f"{name}|") for line in listing.splitlines()):
            return name
    raise FleetError(
        "APT on this workstation has no index files of Debian or Ubuntu, so twins cannot be built; "
        "run `apt-get update` with the distribution's own sources enabled."
    )


def lines_for(suite: str, listing: str) -> tuple[str, ...]:
    """Return one-line APT sources for a suite, on the mirrors of the listing.

    The listing has a line `origin|repository|release|component|kind` for each index file; a
    release such as `bookworm-security` becomes `<suite>-security`, in the order of the listing.
    """
    name = origin(listing)
    found: dict[tuple[str, str], list[str]] = {}
    for line in listing.splitlines():
        maker, uri, release, component, kind = line.split("|")
        pocket = _pocket(release)
        if maker != name or kind != "Packages" or pocket not in _POCKETS[name]:
            continue
        components = found.setdefault((uri, pocket), [])
        if component not in components:
            components.append(component)
    return tuple(
        f"deb {uri} {suite}{pocket} {' '.join(components)}"
        for (uri, pocket), components in found.items()
    )


def _pocket(release: str) -> str:
    _, dash, pocket = release.partition("-")
    return dash + pocket


@cache
def listing() -> str:
    """Return the workstation's index files, a line each, as `lines_for` reads them."""
    return _read("apt-get", "indextargets", "--format", _FORMAT)


@cache
def options() -> tuple[str, ...]:
    """Return the workstation's own APT options for reaching its mirrors, such as a proxy."""
    dump = _read("apt-config", "dump")
    return tuple(line for line in dump.splitlines() if _KEPT_OPTIONS.match(line))


def _read(*argv: str) -> str:
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise FleetError(f"`{' '.join(argv)}` failed: {result.stderr.strip()}; repair APT first.")
    return result.stdout
