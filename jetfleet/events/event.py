"""The events of a run. Documented in docs/formats.md."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.events.text import Json, Line, Name, Text


class _Record(BaseModel):
    # Within a schema number fields are only added, so a reader ignores those that it does not know.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


class AttributeChange(_Record):
    """One attribute of a resource that differs: what the board has, and what the spec wants.

    Parameters
    ----------
    waits_for:
        What a person must allow before it can be changed: ``reboot``, ``upgrade``, or empty.
    diff:
        Old and new text of a file, where it may be shown.

    """

    attribute: Name
    have: Line
    want: Line
    sentence: Line
    waits_for: Line = ""
    diff: tuple[Text, Text] | None = None


class Effects(_Record):
    """What the changes of one resource cost; see `jetfleet.resources.base.Effects`.

    Parameters
    ----------
    mount:
        The managed mount that its bytes are on; empty on the boot disk.
    waits_for:
        ``reboot`` if it needs one and the run may not reboot, else empty.

    """

    internet: int = 0
    lan: int = 0
    peak: int = 0
    final: int = 0
    mount: Line = ""
    restarts: tuple[Line, ...] = ()
    stops: tuple[Line, ...] = ()
    reboot: Line = ""
    waits_for: Line = ""


class ResourceName(_Record):
    """A resource as people know it, and the role that wants it."""

    resource: Name
    title: Line
    role: Name = ""


class Difference(_Record):
    """One attribute of one resource that differs, as a status shows it."""

    resource: Name
    attribute: Name = ""
    have: Line = ""
    want: Line = ""
    sentence: Line


class _Event(_Record):
    """What all events say. The writer fills in ``at`` (seconds since 1970) and ``phase``."""

    schema_: Literal[2] = Field(default=2, alias="schema")
    at: float = 0.0
    host: Name
    phase: Name = ""


class Surveyed(_Event):
    """The host was read; see docs/formats.md for its fields."""

    event: Literal["surveyed"] = "surveyed"
    survey: str
    fixed: dict[Line, str] = Field(default_factory=dict)
    desired: str
    applied: Line | None = None
    rollout: Line = ""
    attempt: int = 0
    taken_back: Line = ""
    taken_commit: Line = ""
    held: Line = ""
    free: int | None = None
    ready_seconds: dict[Line, float] = Field(default_factory=dict)
    resources: tuple[ResourceName, ...] = ()
    notes: tuple[Line, ...] = ()


class Planned(_Event):
    """A resource differs: its changes, what made them necessary, and what they cost.

    Parameters
    ----------
    title, role:
        Of an operation that is not ours, which no survey lists.

    """

    event: Literal["planned"] = "planned"
    resource: Name
    title: Line = ""
    role: Name = ""
    cause: Line
    changes: tuple[AttributeChange, ...]
    effects: Effects = Effects()


class Compared(_Event):
    """All resources of the deploy were compared. A plan without this event broke off."""

    event: Literal["compared"] = "compared"


class Started(_Event):
    """The change of a resource has begun; ``title`` as of `Planned`."""

    event: Literal["started"] = "started"
    resource: Name
    title: Line = ""


class Progress(_Event):
    """The change of a resource goes on; ``bytes``: how many there are, of how many."""

    event: Literal["progress"] = "progress"
    resource: Name
    line: Line = ""
    bytes: tuple[int, int | None] | None = None


class Rebooted(_Event):
    """The board was rebooted for a resource."""

    event: Literal["rebooted"] = "rebooted"
    resource: Name


class Changed(_Event):
    """A resource was changed, and is in sync now. It began at ``begun`` (seconds since 1970)."""

    event: Literal["changed"] = "changed"
    resource: Name
    begun: float
    changes: tuple[AttributeChange, ...]


class Failed(_Event):
    """The change of a resource failed."""

    event: Literal["failed"] = "failed"
    resource: Name
    begun: float
    changes: tuple[AttributeChange, ...]
    reason: Line


class Refused(_Event):
    """A precondition of a resource does not hold; it was not changed."""

    event: Literal["refused"] = "refused"
    resource: Name
    reason: Line


class Unreachable(_Event):
    """The host could not be connected, or did not answer a survey in its time."""

    event: Literal["unreachable"] = "unreachable"
    reason: Line


class Verified(_Event):
    """A service answered a real request or not, or the models are as locked or not."""

    event: Literal["verified"] = "verified"
    what: Name
    ok: bool
    reason: Line = ""
    answers: tuple[Json, ...] = ()


class Inspected(_Event):
    """The host was read for a status.

    Parameters
    ----------
    readings:
        What the board says of itself.
    services:
        The role of each service that is wanted on it, by name.

    """

    event: Literal["inspected"] = "inspected"
    readings: Json
    services: dict[Name, Name] = Field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    reason: Line = ""
    notes: tuple[Line, ...] = ()


class BoardRead(_Event):
    """The host was read for the gates of a rollout.

    Parameters
    ----------
    services:
        Names of the services that the spec wants on it.
    state:
        What the board and its services say; None if it was not asked, or said nothing.
    records:
        What was measured, of each service that was.
    differences:
        Sentences of what a second plan would still change; None if that was not compared.
    disks:
        Paths of the filesystems that the spec puts something on.
    patience:
        Seconds that a start of its services may take; 0 if the spec wants none.

    """

    event: Literal["board-read"] = "board-read"
    services: tuple[Name, ...] = ()
    state: Json | None = None
    records: tuple[Json, ...] = ()
    differences: tuple[Line, ...] | None = None
    disks: tuple[Name, ...] = ()
    patience: float = 0
    reason: Line = ""


class Noted(_Event):
    """A person should know this of the run on this host; no change comes of it."""

    event: Literal["noted"] = "noted"
    note: Line


class Audited(_Event):
    """The audit log of the board ended with this line, when the run had changed the board.

    `token` is that of its lease.
    """

    event: Literal["audited"] = "audited"
    seq: int
    head: Line
    token: int = 0


class Leased(_Event):
    """The lease of the board was read, for a person; what they did with it is its outcome.

    Parameters
    ----------
    token:
        0 if no run has ever had it.
    left, age:
        As of `jetfleet.steps.lease.Lease`.
    outcome:
        Of a theft: ``stolen``, ``held`` by a run with another token, or ``free``.

    """

    event: Literal["leased"] = "leased"
    token: int = 0
    left: int = 0
    age: int = 0
    who: Line = ""
    spec: Line = ""
    run: Line = ""
    outcome: Line = ""


class Logged(_Event):
    """The audit log of the board was read into the run folder.

    Parameters
    ----------
    whole:
        Whether it has never been long enough for its beginning to be left out.
    heads:
        What this workstation has seen of it before: `seq`, `head` and `seen` of each.

    """

    event: Literal["logged"] = "logged"
    whole: bool = True
    heads: tuple[Json, ...] = ()


class Completed(_Event):
    """All operations of the run have ended well on the host: the last event of a whole apply."""

    event: Literal["completed"] = "completed"


Event = (
    Surveyed
    | Planned
    | Compared
    | Started
    | Progress
    | Rebooted
    | Changed
    | Failed
    | Refused
    | Unreachable
    | Verified
    | Inspected
    | BoardRead
    | Noted
    | Audited
    | Leased
    | Logged
    | Completed
)

AnyEvent = Annotated[Event, Field(discriminator="event")]
