"""A server without models, which the waiting for its readiness asks."""

from __future__ import annotations

from typing import Any, Iterator

from jetfleet.board.reply import NotYet
from jetfleet.board.server import Server


class Http(Server):
    """Any other server: one path answers with one status, and there are no models."""

    health = "/"

    def models(self) -> list[str]:
        """Return nothing, if the status is the one that is wanted."""
        want = self.about.get("status", 200)
        path = self.about.get("health", self.health)
        try:
            with self.opened(path, None, range(600), self.seconds) as answer:
                got = answer.status
        except NotYet as reason:
            if reason.code is None:
                raise
            got = reason.code
        if got != want:
            raise NotYet(f"status {got}, not {want}", got)
        return []

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield nothing."""
        self.models()
        return iter(())
