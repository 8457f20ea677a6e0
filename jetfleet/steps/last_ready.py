"""The settings with which a service was last ready: kept on the board, and put back from there.

Its unit copies what it starts with to ``starting.tar`` and renames that to ``ready.tar`` once it
is ready (templates/containers/etc/systemd/system/jetfleet-NAME.service.j2), so that a start that
nobody watches is known too. The archives hold secrets of the service's env file: only root can
read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps.shell import STATE_DIR, words

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICES = "/var/lib/jetfleet/services"
"""Folder on the board with a folder for each service."""

READY = "ready.tar"
"""Name in there of the archive: the service's files as they were, from the root folder on."""


def put_back(name: str, unit: str, written: Iterable[str]) -> str:
    """Script that makes the files of a service what they were when it was last ready.

    It prints ``none`` if it never was ready, ``same`` if it was so with the files that are there
    now, ``runs`` if it still runs with the files of then, else ``back`` and how often systemd has
    restarted it: it has been started with them, and nobody has waited for it yet.

    A run that dies in the middle leaves some files of then and some of now; the next one writes
    those that the spec wants, and ends here again if they do not get ready.

    Parameters
    ----------
    written:
        Paths of the files that the service has now; those that it did not have then are removed.

    """
    folder = f"{SERVICES}/{name}"
    paths, quoted, started = words(written), words([unit]), words([f"{STATE_DIR}/{name}.started"])
    return f"""set -eu
umask 077
cd -- {words([folder])} 2>/dev/null && [ -f {READY} ] || {{ echo none; exit 0; }}
rm -rf old
mkdir old
tar -xpmf {READY} -C old
( cd old && find . -type f ) > files
same=yes
for path in {paths}; do [ -f "old$path" ] || [ ! -e "$path" ] || same=no; done
while IFS= read -r path; do cmp -s "old/$path" "/$path" || same=no; done < files
[ $same = no ] || {{ rm -rf old files; echo same; exit 0; }}
for path in {paths}; do [ -f "old$path" ] || rm -f -- "$path"; done
while IFS= read -r path; do
  mkdir -p -- "/${{path%/*}}"
  cp -p -- "old/$path" "/$path.jetfleet-new"
  sync -- "/$path.jetfleet-new"
  mv -f -T -- "/$path.jetfleet-new" "/$path"
done < files
rm -rf old files
systemctl daemon-reload
if systemctl -q is-active {quoted} && sha256sum -c --status {started}
then echo runs; exit 0; fi
systemctl reset-failed {quoted} 2>/dev/null || true
systemctl --no-block restart {quoted}
echo "back $(systemctl show -p NRestarts --value {quoted})"
"""
