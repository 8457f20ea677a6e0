"""What every resource is: a desired state that can be surveyed, compared and changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.steps import LinkResolver, Steps

A = TypeVar("A")


class Unreadable(FleetError):
    """The section of a survey is not what its reader expects, so its resources fail closed."""


@dataclass(frozen=True)
class Change:
    """One attribute of one resource that is not as desired: have, want, and a sentence."""

    attribute: str
    have: str
    want: str
    sentence: str
    diff: tuple[str, str] | None = field(default=None, repr=False)
    """Old and new text of a file, where it may be shown."""
    waits_for: str = ""
    """What a person must allow before it can be carried out, such as ``reboot``."""


@dataclass(frozen=True)
class RunOptions:
    """What the person who runs the deploy has allowed or asked for this once.

    Parameters
    ----------
    reboot:
        A reboot that a change needs may happen now (``--data reboot=allow``).
    deep:
        Re-hash every model file instead of trusting sizes and times (``--data deep=yes``).
    diff:
        Read the text of managed files too, so that changes can be shown (``--diff``).
    prune:
        Remove what jetfleet put there and nothing refers to any more (``--data prune=yes``).

    """

    reboot: bool = False
    deep: bool = False
    diff: bool = False
    prune: bool = False


class Resource(ABC, Generic[A]):
    """One thing on a host with a desired state; ``A`` is its actual state as surveyed.

    Subclasses are frozen dataclasses of plain values, so that they can be compared, printed and
    made without a host. `survey` and `read` work on all resources of the kind at once. A field that
    says how a state is reached, and would be nowhere on the board, is left out of the `repr`: by
    that a record of what was applied is compared.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def id(self) -> str:
        """What tells it from the others of its kind on one host."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What changing it does, in the imperative; equal on all hosts for an equal key."""

    @property
    def key(self) -> str:
        """Unique on a host; equal on every host for the same thing."""
        return f"{self.kind}:{self.id}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Keys, or kinds as ``kind:*``, whose change makes what was read of this one stale."""
        return ()

    @property
    def units(self) -> tuple[str, ...]:
        """Names of systemd units whose state it is compared by.

        All units of a host are read at once; what was read of them stands before the text that
        `read` is given, for `jetfleet.resources.systemd.read_units`.
        """
        return ()

    @property
    def shares(self) -> str:
        """Name of a fleet-wide limit on how many hosts may change it at once; empty without."""
        return ""

    @classmethod
    @abstractmethod
    def survey(cls, resources: Sequence[Any], options: RunOptions) -> str:
        """Shell script that reads all of them; its number of processes does not grow with them."""

    @classmethod
    @abstractmethod
    def read(cls, text: str, resources: Sequence[Any]) -> dict[str, Any]:
        """Actual states by key from what the script printed, or `Unreadable`."""

    @abstractmethod
    def compare(self, actual: A, options: RunOptions) -> list[Change]:
        """Return what differs, empty when converged; `Refused` if it must not be changed."""

    @abstractmethod
    def steps(
        self, actual: A, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        """Yield the steps that make it so.

        Raises
        ------
        Refused
            A precondition does not hold; only as long as no step has changed the board.
        StepFailed
            A change did not come about.

        """
