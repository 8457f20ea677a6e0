"""APT sources of a suite, derived from whatever mirrors the workstation has."""

from __future__ import annotations

import pytest

from jetfleet.errors import FleetError
from twins import aptsources

DEBIAN = """\
Debian|http://mirror.example/debian/|bookworm|main|Packages
Debian|http://mirror.example/debian/|bookworm|contrib|Packages
Debian|http://mirror.example/debian/|bookworm|main|Translations
Debian|http://mirror.example/debian/|bookworm-updates|main|Packages
Debian|http://mirror.example/debian/|bookworm-backports|main|Packages
Debian|http://security.example/|bookworm-security|main|Packages
Another Vendor|http://vendor.example/|stable|main|Packages
"""


def test_another_suite_comes_from_the_same_mirrors() -> None:
    assert aptsources.lines_for("trixie", DEBIAN) == (
        "deb http://mirror.example/debian/ trixie main contrib",
        "deb http://mirror.example/debian/ trixie-updates main",
        "deb http://security.example/ trixie-security main",
    )


def test_a_workstation_without_a_distribution_is_an_error() -> None:
    with pytest.raises(FleetError, match="apt-get update"):
        aptsources.origin("Another Vendor|http://vendor.example/|stable|main|Packages\n")
