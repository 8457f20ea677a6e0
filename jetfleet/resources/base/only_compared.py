"""Kinds that are compared with a board and never changed there."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from jetfleet.resources.base.resource import A, Resource
from jetfleet.steps import LinkResolver, Refused, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.base.change import Change, RunOptions


class OnlyCompared(Resource[A]):
    """What jetfleet did not set up: a difference is reported, and a person repairs it."""

    @abstractmethod
    def remedy(self, changes: Sequence[Change]) -> str:
        """Return the sentence that names what differs, and what a person can do."""

    def steps(
        self, actual: A, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        """Raise `Refused` with the remedy."""
        del actual, options, resolver
        raise Refused(self.remedy(changes))
        yield
