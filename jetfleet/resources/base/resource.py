"""What every resource is: a desired state that can be surveyed, compared and changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from jetfleet.errors import FleetError
from jetfleet.resources.base.attribute import ABSENT, Attribute, attributes
from jetfleet.resources.base.change import Change
from jetfleet.resources.base.effects import Effects, Outlook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.base.attribute import Attributes
    from jetfleet.resources.base.change import RunOptions
    from jetfleet.steps import LinkResolver, Steps
    from jetfleet.steps.engine import EngineQuestion

A = TypeVar("A")


class Unreadable(FleetError):
    """The section of a survey is not what its reader expects, so its resources fail closed."""


class Resource(ABC, Generic[A]):
    """One thing on a host with a desired state; ``A`` is its actual state as surveyed.

    Subclasses are frozen dataclasses of plain values, so that they can be compared, printed and
    made without a host. `survey` and `read` work on all resources of the kind at once.

    A kind says in `desired` and `observed` what its attributes are. Changes, renderings,
    differences, causes of drift and fingerprints are made of these two.
    """

    kind: ClassVar[str]

    chief: ClassVar[tuple[str, ...]] = ()
    """Attributes that a difference names of a resource that comes or goes; empty: the first."""

    starts: ClassVar[frozenset[str]] = frozenset()
    """Attributes whose change starts or restarts what `runs` names."""

    moves: ClassVar[frozenset[str] | None] = frozenset()
    """Attributes that change by themselves, as at a boot; None: all of them.

    A plan that changes one of them holds, whatever they have become.
    """

    sets_clock: ClassVar[bool] = False
    """Whether its change sets the board's clock right, so that TLS works afterwards."""

    stands_alone: ClassVar[bool] = False
    """Whether `observed` says the same whatever is desired, secrets apart.

    Only then can a board be compared with what was desired before.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """Identifier, unique per kind and host."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What changing it does, in the imperative; equal on all hosts for an equal key."""

    @cached_property
    def key(self) -> str:
        """Unique on a host; equal on every host for the same thing."""
        return f"{self.kind}:{self.id}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Keys, or kinds as ``kind:*``, whose change makes what was read of this one stale."""
        return ()

    @property
    def first(self) -> bool:
        """Whether it is changed before the resources of all roles, the board itself excepted."""
        return False

    @property
    def units(self) -> tuple[str, ...]:
        """Names of systemd units whose state it is compared by.

        All units of a host are read at once; what was read of them stands before the text that
        `read` is given, for `jetfleet.steps.systemd.read_units`.
        """
        return ()

    @property
    def runs(self) -> str:
        """Name of the systemd unit that another desired state restarts; empty without one."""
        return ""

    @property
    def shares(self) -> str:
        """Name of a fleet-wide limit on how many hosts may change it at once; empty without."""
        return ""

    @property
    def after(self) -> tuple[str, ...]:
        """Keys that are changed on all other hosts first, or are tried, before this one is."""
        return ()

    @property
    def texts(self) -> Mapping[str, str]:
        """Text by path of what it writes as files, on a board that has none of them."""
        return {}

    @classmethod
    @abstractmethod
    def survey(cls, resources: Sequence[Any], options: RunOptions) -> str:
        """Shell script that reads all of them; its number of processes does not grow with them."""

    @classmethod
    def engine_question(cls, resources: Sequence[Any]) -> EngineQuestion | None:
        """Return what all of them ask the Docker engine, if it runs; None: nothing.

        All kinds ask at once; the answers stand before the text that `read` is given.
        """
        del resources
        return None

    @classmethod
    def dpkg_names(cls, resources: Sequence[Any]) -> tuple[str, ...]:
        """Return the packages that `survey` reads by `jetfleet.steps.packages`."""
        del resources
        return ()

    @classmethod
    def survey_files(cls, resources: Sequence[Any], options: RunOptions) -> tuple[str, ...]:
        """Return the paths of files that `survey` prints whole: none may be larger than 1 MiB."""
        del resources, options
        return ()

    @classmethod
    def survey_seconds(cls, resources: Sequence[Any], options: RunOptions) -> int:
        """Return the seconds that `survey` may take more than one that hashes nothing."""
        del resources, options
        return 0

    @classmethod
    @abstractmethod
    def read(cls, text: str, resources: Sequence[Any]) -> dict[str, Any]:
        """Actual states by key from what the script printed, or `Unreadable`."""

    @abstractmethod
    def desired(self) -> Attributes:
        """Return the attributes of the desired state: `observed` of a board that has it."""

    @abstractmethod
    def observed(self, actual: A) -> Attributes:
        """Return the attributes that a board has, of any state that `read` returns.

        An attribute that is left out is not compared now, such as the mode of a file that is
        absent. One that `desired` lacks must go.
        """

    def settled(self, actual: A) -> A:
        """Return what a state becomes by itself, as ``active`` for what is being started.

        A plan holds for a state and for what that becomes.
        """
        return actual

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """What `desired` says, each as an `Attribute`."""
        return attributes(self.desired())

    def details(self) -> Mapping[str, Any]:
        """Return what else host.json shows: JSON values that are not compared on a board."""
        return {}

    def refuse(self, actual: A, options: RunOptions) -> None:
        """Raise `Refused` if the board must not be changed as it is."""

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        """Tell whether the board checks certificates for these changes, and so needs its clock."""
        del changes
        return False

    def notes(self, actual: A) -> Sequence[str]:
        """Return what a person should know of the board, though nothing here changes it."""
        del actual
        return ()

    def hides(self, actual: A) -> tuple[str, ...]:
        """Return what the board no longer shows once this one is changed.

        These are keys, or kinds as ``kind:*``: a plan compares `hidden` of them.
        """
        del actual
        return ()

    def hidden(self, actual: A) -> A:
        """Return the state of what another resource hides; by default it stays as it is."""
        return actual

    def sentence(self, change: Change, actual: A) -> str:
        """Return what a person reads of a change."""
        del actual
        return f"{self.id} has another {change.attribute}"

    def explain(self, change: Change, actual: A, options: RunOptions) -> Change:
        """Return a change with its sentence, and what else a kind has to say of it."""
        del options
        return replace(change, sentence=self.sentence(change, actual))

    def compare(self, actual: A, options: RunOptions) -> list[Change]:
        """Return what differs, empty when converged; `Refused` if it must not be changed."""
        self.refuse(actual, options)
        want = self.attributes
        return [
            self.explain(_change(name, have, want.get(name), options), actual, options)
            for name, have in attributes(self.observed(actual)).items()
            if have != want.get(name)
        ]

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
            A step failed, and the board may be half changed.

        """

    def effects(self, actual: A, changes: Sequence[Change]) -> Effects:
        """Return what making these changes on a board costs."""
        del actual, changes
        return Effects()

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        """Return what it costs a board that has the desired state `old`, or none of it."""
        del old
        return Outlook()

    def by_itself(self, attribute: str) -> bool:
        """Tell whether an attribute changes by itself."""
        return self.moves is None or attribute in self.moves

    def restarts(self, changes: Sequence[Change]) -> bool:
        """Tell whether these changes start or restart what it runs."""
        return any(change.attribute in self.starts for change in changes)


def _change(name: str, have: Attribute, want: Attribute | None, options: RunOptions) -> Change:
    old, new = have.lines, want.lines if want else None
    # What is compared beside the value is compared because it must not be shown.
    shown = options.diff and want is not None and want.beside is None and new is not None
    return Change(
        attribute=name,
        have=have.shown,
        want=want.shown if want else ABSENT,
        diff=(old or "", new or "") if shown else None,
    )
