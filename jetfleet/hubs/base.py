"""The interface of all hubs: a model's files with sizes and hashes, and their URLs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.errors import FleetError
from jetfleet.lock.model import LockedFile, LockedModel, check_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.spec.model import ModelSpec
    from jetfleet.steps import Links
    from jetfleet.workstation.workstation import Workstation


@dataclass(frozen=True)
class Listed:
    """One file as a hub lists it, before any check.

    Parameters
    ----------
    sha256:
        Empty if the hub does not list it.
    git:
        The git blob id (SHA-1), for a hub that lists no sha256 of small files.
    kind:
        ``file``, or the hub's word for something else, which is refused.

    """

    path: str
    size: int
    sha256: str = ""
    git: str = ""
    commit: str | None = None
    text: str | None = None
    kind: str = "file"


class Hub(ABC):
    """One model on one hub. The hub's key never leaves the workstation."""

    title: str
    """The hub's name in messages."""

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        self.model = model
        self.workstation = workstation
        self.part = model.source.parts

    @abstractmethod
    def listing(self) -> LockedModel:
        """Return revision and files; raise `FleetError` if there is no such model."""

    @abstractmethod
    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        """Return links for these files of a locked model, which are valid now.

        Raises
        ------
        FleetError
            A file at the hub differs from the lock, or the hub gives no link.

        """

    def head(self, locked: LockedModel, path: str, most: int) -> bytes:
        """Return the first `most` bytes of a file of a locked model, all if it is shorter.

        Raises
        ------
        FleetError
            The hub does not serve the file.

        """
        links = self.links(locked, [path])
        if path in links.content:
            return links.content[path][:most]
        if path in links.local:
            with links.local[path].open("rb") as file:
                return file.read(most)
        # `requests` is slow to import, and a folder does not need it.
        from jetfleet.hubs.https import beginning  # noqa: PLC0415

        return beginning(links.urls[path][0], most, self.workstation)

    def chosen(self, listed: Sequence[Listed]) -> list[Listed]:
        """Return the files that the spec selects, sorted by path; raise `FleetError` if none."""
        include, exclude = self.model.include or ("*",), self.model.exclude
        chosen = [f for f in listed if _matches(f, include) and not _matches(f, exclude)]
        if not chosen:
            known = ", ".join(sorted(file.path for file in listed)[:8]) or "nothing"
            raise FleetError(
                f"include and exclude leave no file of {self.model.source}; {self.title} lists "
                f"{known}: correct them"
            )
        paths = [file.path for file in chosen]
        for file in chosen:
            self._check(file, "which it lists twice" if paths.count(file.path) > 1 else "")
        return sorted(chosen, key=lambda file: file.path)

    def locked(self, revision: str, files: Sequence[Listed]) -> LockedModel:
        """Return the entry of the lock; raise `FleetError` for an invalid listing."""
        return LockedModel(
            source=str(self.model.source),
            include=self.model.include,
            exclude=self.model.exclude,
            revision=revision,
            files=tuple(map(self._locked, files)),
        )

    def check_unchanged(
        self, locked: LockedModel, paths: Sequence[str], now: Sequence[Listed]
    ) -> None:
        """Raise `FleetError` for a file that is gone from the hub or differs from the lock."""
        hashes = {file.path: file.sha256 for file in now}
        for file in locked.files:
            if file.path in paths and hashes.get(file.path) != file.sha256:
                raise self.changed(file.path)

    def changed(self, path: str) -> FleetError:
        """Return the error for a file that is not what the lock says."""
        name = self.model.name
        return FleetError(
            f"{self.title} changed or removed {path} of {self.model.source} since it was locked: "
            f"find out why, then accept the new files with `jetfleet lock SPEC --upgrade {name}`"
        )

    def _locked(self, file: Listed) -> LockedFile:
        about = {name: getattr(file, name) for name in LockedFile.model_fields}
        try:
            return LockedFile.model_validate(about)
        except ValidationError as error:
            first = error.errors()[0]
            raise FleetError(
                f"{self.title} lists {file.path!r} in {self.model.source} with an "
                f"invalid {first['loc'][0]} ({first['msg']}): ask its publisher, or leave the file "
                "out with `exclude`"
            ) from error

    def _check(self, file: Listed, trouble: str) -> None:
        if file.kind != "file":
            trouble = f"which is a {file.kind}, not a file"
        try:
            check_path(file.path)
        except ValueError:
            trouble = "which is not a path inside the model's folder"
        if trouble:
            raise FleetError(
                f"{self.title} lists {file.path!r} in {self.model.source}, {trouble}: do not "
                "trust this model, or leave the file out with `exclude`"
            )


def _matches(file: Listed, patterns: Sequence[str]) -> bool:
    """Match as the clients of Hugging Face and ModelScope do: * matches slashes, too."""
    return any(
        fnmatchcase(file.path, f"{pattern}*" if pattern.endswith("/") else pattern)
        for pattern in patterns
    )
