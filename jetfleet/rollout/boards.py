"""What a rollout needs of its boards: the seam to pyinfra here, and to workers at sites."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.events import News, Purpose
    from jetfleet.rollout.rollout import Gate


@dataclass(frozen=True)
class Task:
    """Work on hosts of one site: data alone, and nothing that could be run as it stands.

    Parameters
    ----------
    id:
        ``rollout/number-purpose/attempt``; who has begun it once does not begin it again.
    plan, commit:
        What is applied; a worker renders it from its own clone, and refuses another hash.
    rate:
        Bits per second that each host may fetch; None: as fast as it can.
    gates:
        Of a probe: the gates to read. Of an apply: those that will be read of its hosts, which
        are read before their change, too.
    controls:
        Hosts of the same classes that are not changed yet, to be measured in the same minutes.
    classes:
        The class of each host and control.

    """

    id: str
    purpose: Purpose
    rollout: str
    plan: str
    commit: str
    site: str
    hosts: tuple[str, ...]
    wave: int
    attempt: int
    rate: int | None = None
    gates: tuple[Gate, ...] = ()
    controls: tuple[str, ...] = ()
    classes: dict[str, str] = field(default_factory=dict)


class Boards(Protocol):
    """Carries tasks out and reports what becomes of them; nothing in it decides anything.

    What holds for every implementation:

    - `send` returns at once. Each host of a task goes on by itself, and ends with one `Done`; a
      host's exception is its outcome, never the end of the task.
    - A task that is sent a second time, by this controller or by a later one, is found and not
      begun again; what it has reported is reported again.
    - A host on which this rollout is already, by the board's own record, is ``changed-before``,
      and nothing is changed on it.
    - `Begun` is reported before the first operation that changes a host is carried out. A host
      that was not reached before that is ``unreachable``, one that fell silent after it ``lost``.
    - Each change holds the board's lease, which is renewed only while the task is wanted: after
      `cancel`, or without a way to report for the length of a lease, nothing new is begun.
    - ``undo`` brings back what the board's record names as applied before this rollout, verified.
      ``survey`` changes nothing. ``stage`` fetches, and activates nothing.
    - Signs of life, `Heard` and `SiteSeen`, come once in a while: two or three within the shortest
      of ``deadline.silence`` and ``deadline.site`` are enough, because each is kept.
    - A probe answers with a `GateRead` for each gate; what could not be measured is ``no-data``.
    """

    def send(self, task: Task) -> None:
        """Begin a task, or find it."""

    def cancel(self, task: str, hosts: Sequence[str]) -> None:
        """Let hosts of a task go: what runs on them may end, and nothing new begins."""

    def news(self, timeout: float) -> Sequence[News]:
        """Return what has happened since the last call; wait for it for `timeout` seconds at most.

        The times of the news are those of the controller, which sets them.
        """
