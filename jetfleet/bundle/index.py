"""The index of a bundle: each file with its size, its SHA-256, and what it is for.

The lock has the SHA-256 of the index. So nobody who can write the bundle, but not the lock, can
change what an apply takes from it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from jetfleet.atomic_write import atomic_write
from jetfleet.board.plain_file import open_plain
from jetfleet.errors import FleetError
from jetfleet.lock.model import Bytes, Sha256, Word, check_path
from jetfleet.text import UnreadableJson, format_json, printable, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "bundle.json"
_LARGEST = 64 * 2**20
_MOST = 200_000


class Entry(BaseModel):
    """One file; `purposes` are the things that need it, such as ``model qwen3-8b``."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)
    path: Annotated[str, AfterValidator(check_path)]
    size: Bytes
    sha256: Sha256
    purposes: tuple[Word, ...] = Field(alias="for")


class Index(BaseModel):
    """All files of a bundle, sorted by path; the same files make the same bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    version: Literal[1] = 1
    files: tuple[Entry, ...] = Field(max_length=_MOST)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Index:
        """Return the index of files, in its one order."""
        return cls(files=tuple(sorted(entries, key=lambda entry: entry.path)))

    @property
    def text(self) -> str:
        """The bytes of the file, as text."""
        return format_json(self.model_dump(mode="json", by_alias=True)) + "\n"

    @property
    def sha256(self) -> str:
        """The hash that the lock has."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the file; the old one stays until then."""
        atomic_write(folder / NAME, self.text)


def read_index(folder: Path, sha256: str) -> Index:
    """Return the index of a bundle; raise `FleetError` if it is not the one with this hash."""
    where = folder / NAME
    try:
        with open_plain(str(folder), NAME) as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise FleetError(
            f"the bundle {folder} has no index {NAME} that can be read ({error.strerror}): make it "
            f"with `jetfleet bundle SPEC -o {folder}`, or correct `offline.bundle`"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise FleetError(
            f"{where} is not the index that the lock names: it was changed, or belongs to another "
            "lock: copy the bundle again, or make it again with `jetfleet bundle` and commit the "
            "lock"
        )
    try:
        return Index.model_validate(read_json(content, size=_LARGEST))
    except (ValidationError, UnreadableJson) as error:
        said = printable(str(error).splitlines()[0])
        raise FleetError(
            f"{where} is not an index of this version ({said}): make the bundle again with "
            "`jetfleet bundle`"
        ) from error
