"""What is locked: image digests, model revisions, and the size and hash of every file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from jetfleet.catalog.architecture import Architecture

if TYPE_CHECKING:
    from jetfleet.spec.model import ModelSpec

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(ge=0)]


def check_path(path: str) -> str:
    """Return a file's path inside a model, or raise `ValueError` if it could leave the folder.

    A listing comes from a hub, that is from strangers: a path is relative, has no empty or dot
    part, and holds only characters that need no quoting anywhere.
    """
    plain = all(c.isalnum() or c in "._-+@=,()[]~ /" for c in path) and path.isprintable()
    parts = path.split("/")
    inside = all(part not in {"", ".", ".."} and part == part.strip() for part in parts)
    if not plain or not inside or path.startswith(("-", ".jetfleet")):
        raise ValueError(f"the path {path!r} is not one that a model's file may have")
    return path


class _Locked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LockedImage(_Locked):
    """An image tag's digest (of its index, where it has one) and compressed size in bytes."""

    digest: Digest
    size: Bytes


class LockedFile(_Locked):
    """One file of a model.

    Parameters
    ----------
    commit:
        The commit that has it, for hubs that say one for each file.
    text:
        The whole file, where the hub need not have it tomorrow (the manifest behind a tag).

    """

    path: Annotated[str, AfterValidator(check_path)]
    size: Bytes
    sha256: Sha256
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")] | None = None
    text: str | None = None


class LockedModel(_Locked):
    """One model: what the spec asked for, the revision it resolved to, and its files.

    `architecture` is how the model is built, where its hub let that be read.
    """

    source: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    revision: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
    architecture: Architecture | None = None
    files: tuple[LockedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def answers(self, model: ModelSpec) -> bool:
        """Tell whether this is what the spec asks for now."""
        return (self.source, self.include, self.exclude) == (
            str(model.source),
            model.include,
            model.exclude,
        ) and model.sha256 in {None, *(file.sha256 for file in self.files)}


class Lock(_Locked):
    """All that a spec resolved to; images by reference, models by their name in the spec."""

    version: int = 1
    images: dict[str, LockedImage] = Field(default_factory=dict)
    models: dict[str, LockedModel] = Field(default_factory=dict)
