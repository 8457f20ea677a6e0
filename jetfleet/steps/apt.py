"""Shell text that installs and removes Debian packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps.bundle import bring, packages_purpose
from jetfleet.steps.shell import words
from jetfleet.steps.step import Run, Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jetfleet.steps.bundle import Bundle

SECONDS = 1200
"""The longest that an installation may take."""

_APT = """export DEBIAN_FRONTEND=noninteractive
apt="apt-get -q -y -o DPkg::Lock::Timeout=120 -o DPkg::Options::=--force-confdef"
apt="$apt -o DPkg::Options::=--force-confold"
"""
# An installation that was ended in the middle stops each one after it: what was unpacked is set up,
# then what is missing of it is fetched; nothing is removed for it.
_REPAIR = """dpkg --configure -a >/dev/null 2>&1
$apt --no-remove -f install >/dev/null 2>&1
"""


def install(packages: Sequence[str], options: Iterable[str] = ()) -> str:
    """Return a script that installs packages, each ``NAME`` or ``NAME=VERSION``.

    A fresh board's package lists may be empty or old: they are fetched only if need be. What an
    installation left half done that was ended in the middle is completed first.
    """
    given = words(["--no-install-recommends", *options, "install", *packages])
    return f"""{_APT}$apt {given} >/dev/null 2>&1 && exit 0
{_REPAIR}$apt update && $apt {given}
"""


def update() -> str:
    """Return a script that fetches the package lists, and completes what was left half done.

    A source that cannot be read is reported by what is missing then.
    """
    return f"{_APT}{_REPAIR}$apt update || true\n"


def install_steps(
    package: str, title: str, bundle: Bundle | None, options: Iterable[str] = ()
) -> Steps:
    """Yield the steps that install a package: from the board's sources, or from its bundle."""
    if bundle is None:
        yield Run(install([package], options), title, seconds=SECONDS, joined=True)
        return
    purpose = packages_purpose(bundle.release)
    folder = bundle.kept(f"packages-{bundle.release}")
    yield from bring(bundle, purpose, folder, title)
    yield Run(_install_from(folder, package, options), title, seconds=SECONDS, joined=True)


def _install_from(folder: str, package: str, options: Iterable[str]) -> str:
    """Return a script that installs a package from the .deb files of a folder, and no other.

    The files were checked against the bundle's index; the board's own lists of packages stay.
    """
    given = words(["--no-install-recommends", *options, "install", package])
    return f"""set -eu
cd -- {words([folder])}
for deb in *.deb; do
  dpkg-deb -f "$deb"
  echo "Filename: ./$deb"
  echo "Size: $(stat -c %s -- "$deb")"
  echo "SHA256: $(sha256sum -- "$deb" | cut -c -64)"
  echo
done >Packages
echo "deb [trusted=yes] file:$PWD ./" >jetfleet.list
mkdir -p lists/partial
{_APT}apt="$apt -o Dir::Etc::SourceList=$PWD/jetfleet.list -o Dir::Etc::SourceParts=/dev/null"
apt="$apt -o Dir::State::Lists=$PWD/lists -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
dpkg --configure -a >/dev/null 2>&1 || true
$apt update
$apt --no-remove -f install >/dev/null 2>&1 || true
$apt {given}
"""


def remove(package: str) -> str:
    """Return a script that removes a package; it fails if that would remove others too."""
    return f"""{_APT}dpkg --configure -a >/dev/null 2>&1
name={words([package])}
others=$($apt -s remove "$name" | sed -n 's/^Remv \\([^ ]*\\) .*/\\1/p' |
  grep -vFx "$name" | tr '\\n' ' ')
[ -z "$others" ] || {{
  echo "$name is needed by $others: they would be removed too; remove them by hand if you do not" \\
    "need them, or take $name out of apt.packages" >&2
  exit 1
}}
$apt remove "$name"
"""
