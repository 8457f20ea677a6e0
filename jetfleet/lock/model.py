"""The content of a lock: image digests, model revisions, size and hash of every file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from jetfleet.catalog.architecture import Architecture

if TYPE_CHECKING:
    from jetfleet.spec.model import ModelSpec

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Word = Annotated[str, Field(max_length=1000)]
Bytes = Annotated[int, Field(ge=0, lt=2**63)]

_NAME, _PATH = 240, 1000
"""Most bytes of a name and of a path: ext4 has 255, and a fetch adds a suffix."""


def check_path(path: str) -> str:
    """Return a file's path inside a model, or raise `ValueError` if it could leave the folder.

    A hub's listing is not trusted: a path must be relative, without empty or dot parts, and of
    characters that need no quoting.
    """
    plain = all(c.isalnum() or c in "._-+@=,()[]~ /" for c in path) and path.isprintable()
    parts = path.split("/")
    inside = all(part not in {"", ".", ".."} and part == part.strip() for part in parts)
    # Names of our own: the marker, what is being written, and aria2's control files.
    ours = any(part.startswith(".jetfleet") or part.endswith(".aria2") for part in parts)
    longest = max(len(part.encode()) for part in parts)
    if not plain or not inside or ours or path.startswith("-"):
        raise ValueError(f"the path {path!r} is not allowed for a file of a model")
    if longest > _NAME or len(path.encode()) > _PATH:
        raise ValueError(f"the path {path[:60]!r}… is longer than a filesystem of a board allows")
    return path


class _Locked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class LockedBlob(_Locked):
    """A manifest, the configuration or a layer of an image for arm64, with its size in bytes."""

    sha256: Sha256
    size: Bytes


class LockedImage(_Locked):
    """An image tag's digest (of its index, where it has one) and compressed size in bytes.

    `entrypoint` is what its configuration for arm64 has; None if that could not be read. `blobs` is
    all that a board pulls of it; None if no host of the spec serves images to others.
    """

    digest: Digest
    size: Bytes
    entrypoint: tuple[Word, ...] | None = None
    blobs: tuple[LockedBlob, ...] | None = None


class LockedFile(_Locked):
    """One file of a model.

    Parameters
    ----------
    commit:
        The commit of the file, for hubs that list one for each file.
    text:
        The whole file, if the hub may replace it later (the manifest behind a tag).

    """

    path: Annotated[str, AfterValidator(check_path)]
    size: Bytes
    sha256: Sha256
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")] | None = None
    text: str | None = None


class LockedModel(_Locked):
    """One model: its source in the spec, the revision it resolved to, and its files.

    `architecture` is None if it could not be read at the hub.
    """

    source: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
    architecture: Architecture | None = None
    files: tuple[LockedFile, ...]

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)

    def answers(self, model: ModelSpec) -> bool:
        """Return whether the entry is for the model as the spec has it now."""
        return (self.source, self.include, self.exclude) == (
            str(model.source),
            model.include,
            model.exclude,
        ) and model.sha256 in {None, *(file.sha256 for file in self.files)}


class Lock(_Locked):
    """Everything that a spec resolved to: images by reference, models by name.

    `bundle` is the SHA-256 of the index of the bundle that was last made of it; None without one.
    """

    version: int = 1
    images: dict[str, LockedImage] = Field(default_factory=dict)
    models: dict[str, LockedModel] = Field(default_factory=dict)
    bundle: Sha256 | None = None
