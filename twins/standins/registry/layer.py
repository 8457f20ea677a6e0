"""Layers: tar archives whose bytes depend on their content alone."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Entry:
    """A file (`data`), a symbolic link (`link`) or a folder (neither), at a path without `/`."""

    path: str
    mode: int = 0o644
    data: bytes | None = None
    link: str | None = None


@dataclass(frozen=True)
class Layer:
    """A compressed layer; `diff_id` is the digest of its uncompressed content."""

    blob: bytes
    diff_id: str

    @property
    def digest(self) -> str:
        """The digest of the compressed bytes."""
        return digest(self.blob)


def digest(content: bytes) -> str:
    """Return `sha256:…` of the content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def layer(entries: Iterable[Entry]) -> Layer:
    """Pack entries and their parent folders: sorted, owned by root, dated 1970.

    The same entries give the same bytes. A later entry of the same path replaces an earlier one.
    """
    by_path = {entry.path: entry for entry in entries}
    folders = {str(up) for path in by_path for up in PurePosixPath(path).parents} - {"."}
    for folder in folders - by_path.keys():
        by_path[folder] = Entry(folder, 0o755)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(by_path):
            entry = by_path[path]
            tar.addfile(_header(entry), io.BytesIO(entry.data or b""))
    content = archive.getvalue()
    return Layer(gzip.compress(content, compresslevel=6, mtime=0), digest(content))


def entries_of(archive: Iterable[tarfile.TarInfo], tar: tarfile.TarFile) -> Iterator[Entry]:
    """Read files and symbolic links of a tar archive; hard links become files."""
    for member in archive:
        path = member.name.removeprefix("./")
        if member.issym():
            yield Entry(path, 0o777, link=member.linkname)
        elif member.isfile() or member.islnk():
            content = tar.extractfile(member)
            yield Entry(path, member.mode & 0o777, content.read() if content else b"")


def _header(entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(entry.path)
    info.mode = entry.mode
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
    elif entry.data is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(entry.data)
    return info
