"""What a lock must have: every image and model that the roles of a deploy need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.lock.model import Lock
    from jetfleet.spec.model import ModelSpec


@dataclass(frozen=True)
class Requirements:
    """The images and models that the hosts of a fleet need.

    Parameters
    ----------
    images:
        References (``REPOSITORY:TAG``), each with the first host that needs it.
    models:
        Names of models of the spec.

    """

    images: Mapping[str, str]
    models: tuple[str, ...]

    def __or__(self, other: Requirements) -> Requirements:
        """Return what this and the other need."""
        models = dict.fromkeys((*self.models, *other.models))
        return Requirements({**other.images, **self.images}, tuple(models))

    def gaps(self, lock: Lock, specs: Mapping[str, ModelSpec]) -> Iterator[str]:
        """Yield a line for each entry that a lock lacks, or has for something else.

        Parameters
        ----------
        specs:
            Models of the spec by name.

        """
        for reference, host in self.images.items():
            if reference not in lock.images:
                yield f"the image {reference} of {host} is not locked"
        for name in self.models:
            locked = lock.models.get(name)
            if locked is None:
                yield f"the model {name} is not locked"
            elif not locked.answers(specs[name]):
                yield f"the model {name} is locked with another source or other files"
