"""What every hub answers: which files, how big, which sha256, from which URLs."""

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
    from jetfleet.workstation import Workstation


@dataclass(frozen=True)
class Listed:
    """One file as a hub lists it: nothing of it is believed yet.

    Parameters
    ----------
    sha256:
        Empty where the hub has none, or none yet.
    git:
        Its git blob id (sha1), which stands in for a sha256 that the hub does not have.
    kind:
        ``file``, or what the hub calls it: a link is refused.

    """

    path: str
    size: int
    sha256: str = ""
    git: str = ""
    commit: str | None = None
    text: str | None = None
    kind: str = "file"


class Hub(ABC):
    """One model on one hub, asked from the workstation; the hub's key never leaves it."""

    title: str
    """What the hub is called in sentences."""

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        self.model = model
        self.workstation = workstation
        self.part = model.source.parts

    @abstractmethod
    def listing(self) -> LockedModel:
        """Return revision and files; `FleetError` with a remedy if there is no such model."""

    @abstractmethod
    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        """Return where these files of a locked model can be had, fresh enough to begin with.

        Raises
        ------
        FleetError
            The hub has another file than the lock says, or gives none away.

        """

    def head(self, locked: LockedModel, path: str, most: int) -> bytes:
        """Return the first `most` bytes of a file of a locked model, or all if it has fewer.

        Raises
        ------
        FleetError
            The hub does not give them away.

        """
        links = self.links(locked, [path])
        if path in links.content:
            return links.content[path][:most]
        if path in links.local:
            with links.local[path].open("rb") as file:
                return file.read(most)
        # `requests` takes a while to import, and a folder needs it not.
        from jetfleet.hub.https import beginning  # noqa: PLC0415

        return beginning(links.urls[path][0], most, self.workstation)

    def chosen(self, listed: Sequence[Listed]) -> list[Listed]:
        """Return the files that the spec asks for, sorted, each with a path that can be used."""
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
        """Return what goes into the lock; `FleetError` for a listing that makes no sense."""
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
        """Raise `FleetError` for a file that is gone from the hub, or another than in the lock."""
        hashes = {file.path: file.sha256 for file in now}
        for file in locked.files:
            if file.path in paths and hashes.get(file.path) != file.sha256:
                raise self.changed(file.path)

    def changed(self, path: str) -> FleetError:
        """Return the error for a file that is not what the lock says."""
        name = self.model.name
        return FleetError(
            f"{self.title} changed or removed {path} of {self.model.source} since it was locked: "
            f"look why, then `jetfleet lock` on the spec, with `--upgrade {name}`, takes what is "
            "there now"
        )

    def _locked(self, file: Listed) -> LockedFile:
        about = {name: getattr(file, name) for name in LockedFile.model_fields}
        try:
            return LockedFile.model_validate(about)
        except ValidationError as error:
            first = error.errors()[0]
            raise FleetError(
                f"{self.title} lists {file.path!r} in {self.model.source} with a {first['loc'][0]}"
                f" that cannot be ({first['msg']}): ask its publisher, or leave the file out with "
                "`exclude`"
            ) from error

    def _check(self, file: Listed, trouble: str) -> None:
        if file.kind != "file":
            trouble = f"which is no file but a {file.kind}"
        try:
            check_path(file.path)
        except ValueError:
            trouble = "which is no path inside a model's folder"
        if trouble:
            raise FleetError(
                f"{self.title} lists {file.path!r} in {self.model.source}, {trouble}: do not "
                "trust this model, or leave the file out with `exclude`"
            )


def _matches(file: Listed, patterns: Sequence[str]) -> bool:
    """Match as Hugging Face's and ModelScope's own clients do: * reaches over folders."""
    return any(
        fnmatchcase(file.path, f"{pattern}*" if pattern.endswith("/") else pattern)
        for pattern in patterns
    )
