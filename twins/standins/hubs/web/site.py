"""A plain web server with public files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twins.standins.hubs.exchange import Reply
from twins.standins.hubs.web.place import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import Model
    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.store import Store


class Web:
    """`models.example.org`: each file at `/<name of its model>/<path>`."""

    hosts = PLACE.hosts

    def __init__(self, models: Sequence[Model]) -> None:
        self._files = {
            f"/{model.definition.name}/{file.path}": file
            for model in models
            for file in model.files
        }

    def answer(self, request: Request) -> Reply | None:
        """Answer with the file; `None` for other paths."""
        file = self._files.get(request.path)
        return Reply(200, file=file.source) if file else None


def site(models: Sequence[Model], _keys: Keys, _store: Store) -> Web:
    """Return the hub with these models."""
    return Web(models)
