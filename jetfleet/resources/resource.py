"""What every resource is: a desired state that can be surveyed, compared and changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from pathlib import Path

A = TypeVar("A")


class Refused(FleetError):
    """A precondition on the board does not hold; the board stays as it is.

    The message is one sentence that names what was found and one that says what to do.
    """


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


@dataclass(frozen=True)
class Links:
    """Where the files of a model can be had right now.

    Parameters
    ----------
    urls:
        For each path in the model, its URLs, best first. They may be signed: treat as secrets.
    content:
        Small files that their hub gives only to those who show its key: they go over SSH.
    local:
        Files that are on the workstation, by path in the model: they go over SSH too.

    """

    urls: Mapping[str, tuple[str, ...]]
    content: Mapping[str, bytes] = field(default_factory=dict)
    local: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkResolver:
    """What a change needs from the workstation: secrets and download links, on demand."""

    links: Callable[[str, Sequence[str], bool], Links]
    """Resolves the links of some files of a model: ``links(model, paths, fresh)``.

    It may use the network; `fresh` is for when links that were given before have expired.
    """


@dataclass(frozen=True)
class Run:
    """Run one script on the board, as root, sent on standard input."""

    script: str
    title: str


@dataclass(frozen=True)
class Upload:
    """Bring a file of the workstation to the board, from the byte that the board has.

    Parameters
    ----------
    local:
        Path on the workstation.
    remote:
        Absolute path on the board; it may be half there.
    size:
        Bytes of the whole file.
    rate:
        Most bytes a second; 0 for as many as go.

    """

    local: str
    remote: str
    size: int
    title: str
    rate: int = 0


@dataclass(frozen=True)
class Progress:
    """What one look at a running thing shows.

    Parameters
    ----------
    done:
        It has ended well.
    failed:
        It has ended badly: the sentence for the person (with log lines), else empty.
    token:
        Changes whenever the thing has moved on; a wait lasts as long as it changes.
    line:
        What to tell the person while waiting.
    bytes:
        How many are there, of how many; None where nothing is counted.

    """

    done: bool = False
    failed: str = ""
    token: str = ""
    line: str = ""
    bytes: tuple[int, int] | None = None


@dataclass(frozen=True)
class Watch:
    """Look at something again and again until it is done, has failed, or stands still.

    Parameters
    ----------
    script:
        The look; run as root on the board. It may itself wait for some seconds.
    judge:
        Makes a `Progress` of the script's output.
    patience:
        Seconds without any progress after which the wait ends as a failure.
    fatal:
        Whether a failure ends the steps. If not, they are given it as a result that is not ``ok``,
        its sentence in ``err``; a connection that is lost ends them all the same.

    """

    script: str
    title: str
    judge: Callable[[str], Progress]
    patience: float
    fatal: bool = True


@dataclass(frozen=True)
class Reboot:
    """Reboot the board, and go on when it is back with another boot id."""

    title: str


Step = Run | Watch | Upload | Reboot


@dataclass(frozen=True)
class Result:
    """How a step ended, and what it printed."""

    ok: bool
    out: str = ""
    err: str = ""


Steps = Generator[Step, Result, None]


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
        """Yield the steps that make it so; `Refused` may be raised before or between them."""
