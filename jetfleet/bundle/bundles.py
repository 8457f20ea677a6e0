"""The bundles of a fleet's hosts, as the changes of a host use them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.bundle.opened import OpenedBundle
from jetfleet.catalog.modules import l4t_of
from jetfleet.errors import FleetError
from jetfleet.steps import LinkResolver, Links
from jetfleet.steps.bundle import Bundle, BundleFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.lock import Lock
    from jetfleet.spec.model import HostSpec, Offline


class Bundles:
    """Each bundle is opened once, however many hosts it serves.

    Parameters
    ----------
    folder:
        Where relative paths of bundles begin.
    spec:
        The spec's file, for messages.

    """

    def __init__(self, lock: Lock, folder: Path, spec: Path) -> None:
        self._lock = lock
        self._folder = folder
        self._spec = spec
        self._opened: dict[str, OpenedBundle] = {}

    def resolver(self, host: HostSpec, offline: Offline) -> LinkResolver:
        """Return what changes of a host need: from its bundle, and from nowhere else.

        Raises
        ------
        FleetError
            The lock names no bundle.

        """
        index = self._lock.bundle
        if index is None:
            raise FleetError(
                f"{host.name} is offline, and the lock names no bundle: run `jetfleet bundle "
                f"{self._spec} -o FOLDER`, and commit the lock"
            )
        on_board = offline.on == "board"
        bundle = Bundle(
            folder=offline.bundle if on_board else str(self._place(offline)),
            on_board=on_board,
            index=index,
            release=l4t_of(host),
            files=_nowhere if on_board else self._open(offline, index).files,
        )

        def links(model: str, paths: Sequence[str], fresh: bool) -> Links:  # noqa: FBT001
            del fresh
            if on_board:
                return Links({})
            revision = self._lock.models[model].revision
            return Links({}, local=self._open(offline, index).model(model, revision, paths))

        return LinkResolver(links, bundle=bundle)

    def _place(self, offline: Offline) -> Path:
        return self._folder / Path(offline.bundle).expanduser()

    def _open(self, offline: Offline, index: str) -> OpenedBundle:
        if offline.bundle not in self._opened:
            self._opened[offline.bundle] = OpenedBundle(self._place(offline), index)
        return self._opened[offline.bundle]


def _nowhere(purpose: str) -> Sequence[BundleFile]:
    raise FleetError(f"the bundle is on the board, and has {purpose} there")
