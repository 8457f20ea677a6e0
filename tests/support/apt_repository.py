"""The apt of a flashed board on a twin: without Docker, and with packages that bring it.

The packages are those that the twin has, packed again under the names and versions of a board's
apt. Their programs, units and scripts are the real ones of the distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.lab import Lab

FOLDER = "/opt/apt"
"""The folder of packages that each twin has as its only source."""

# `dpkg-deb --field` takes no list, and a package that is only unpacked has no list of files.
_PACK = """set -e
pack() { # FILE NAME VERSION SOURCE...
  into=$(mktemp -d) file=$1 name=$2 version=$3
  shift 3
  mkdir "$into/DEBIAN"
  for source in "$@"; do
    dpkg -L "$source" | while read -r path; do
      [ -d "$path" ] || [ ! -e "$path" ] || echo "${path#/}"
    done | tar -C / -c -T - | tar -C "$into" -x
    for script in preinst postinst prerm postrm triggers; do
      from=/var/lib/dpkg/info/$source.$script
      [ ! -e "$from" ] || [ -e "$into/DEBIAN/$script" ] || cp -a "$from" "$into/DEBIAN/$script"
    done
  done
  dpkg-query -s "$1" | awk -v name="$name" -v version="$version" '
    /^ / { if (!skip) print; next }
    { skip = /^(Status|Conffiles|Config-Version|Recommends|Suggests|Source|Breaks):/ }
    /^Package:/ { print "Package: " name; next }
    /^Version:/ { print "Version: " version; next }
    !skip' > "$into/DEBIAN/control"
  dpkg-deb -Znone --root-owner-group -b "$into" "$file" >/dev/null
  rm -r "$into"
}
"""
INDEX = f"""cd {FOLDER}
for file in *.deb; do
  dpkg-deb -f "$file"
  echo "Filename: ./$file"
  echo "Size: $(stat -c %s "$file")"
  echo "SHA256: $(sha256sum < "$file" | cut -d ' ' -f 1)"
  echo
done > Packages
apt-get -q update >/dev/null
"""
_RUNTIME = "/usr/bin/nvidia-container-runtime"
_PURGE = """set -e
systemctl stop docker.socket docker containerd
apt-get -q -y purge docker.io docker-cli containerd runc >/dev/null 2>&1 ||
  apt-get -q -y purge docker.io containerd runc >/dev/null
find /var/lib/docker /var/lib/containerd -mindepth 1 -delete && rm -rf /etc/docker /run/docker*
"""


@dataclass(frozen=True)
class Packed:
    """A package of a board's apt, and those of the twin whose files it has."""

    name: str
    version: str
    sources: Sequence[str]


def engine(lab: Lab, host: str, *versions: tuple[str, str]) -> list[Packed]:
    """Return packages of the engine by name and version, with all that they need."""
    has_client = lab.holds(host, "dpkg -s docker-cli")
    files = ["docker.io", *(["docker-cli"] if has_client else [])]
    beside = [Packed(name, "1.0", [name]) for name in ("containerd", "runc")]
    return [*(Packed(name, version, files) for name, version in versions), *beside]


def without_docker(lab: Lab, host: str, packages: Sequence[Packed], *toolkits: str) -> None:
    """Take Docker and the toolkit off a twin, and let its apt have these packages.

    `toolkits` are versions of nvidia-container-toolkit, which has the runtime of the twin.
    """
    lines = [
        f"pack {FOLDER}/{one.name}-{number}.deb {one.name} {one.version} {' '.join(one.sources)}"
        for number, one in enumerate(packages)
    ]
    for version in toolkits:
        folder = f"/tmp/toolkit-{version}"
        lines.append(
            f"mkdir -p {folder}/DEBIAN {folder}/usr/bin; cp -a {_RUNTIME} {folder}/usr/bin\n"
            f"printf 'Package: nvidia-container-toolkit\\nVersion: {version}\\n"
            "Architecture: all\\nMaintainer: NVIDIA\\nDescription: stand-in\\n' "
            f"> {folder}/DEBIAN/control\n"
            f"dpkg-deb -Znone --root-owner-group -b {folder} {FOLDER}/toolkit-{version}.deb"
        )
    lab.sh(host, _PACK + "\n".join(lines) + f"\n{INDEX}{_PURGE}rm {_RUNTIME}\n")
