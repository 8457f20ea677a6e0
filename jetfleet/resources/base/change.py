"""A change, and what a person has allowed or asked for in a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetfleet.redaction import mask_settings
from jetfleet.resources.base.rollout import NO_ROLLOUT, Rollout


@dataclass(frozen=True)
class Change:
    """One attribute that differs from the desired one: have, want, and a sentence."""

    attribute: str
    have: str
    want: str
    sentence: str = ""
    diff: tuple[str, str] | None = field(default=None, repr=False)
    """Old and new text of a file, where it may be shown."""
    waits_for: str = ""
    """What a person must allow before it can be carried out, such as ``reboot``."""

    def __post_init__(self) -> None:
        """Mask in a difference what looks like a secret: a file of a board may hold others'."""
        if self.diff:
            old, new = self.diff
            object.__setattr__(self, "diff", (mask_settings(old), mask_settings(new)))


@dataclass(frozen=True)
class RunOptions:
    """What the person who runs the deploy has allowed or asked for this once.

    Parameters
    ----------
    reboot:
        A reboot that a change needs may happen now (``--data reboot=allow``).
    reboot_remedy:
        What to do if it may not.
    upgrade:
        L4T may be upgraded now, where the spec allows it (``--data upgrade=allow``).
    deep:
        Re-hash every model file instead of trusting sizes and times (``--data deep=yes``).
    diff:
        Read the text of managed files too, so that changes can be shown (``--diff``).
    prune:
        Remove what jetfleet put there and nothing refers to any more (``--data prune=yes``).
    rollout:
        The rollout that the run belongs to (``--data rollout=ID --data attempt=N``).
    again:
        Why a commit is applied that a rollout has taken back (``--data again=REASON``).
    rate:
        Most bytes a second that this host takes of the internet in this run, also where the spec
        leaves it more (``--data rate=N``); 0 is without limit.
    clock_ahead:
        Seconds by which the last survey found the board's clock ahead; negative if it is behind.

    """

    reboot: bool = False
    reboot_remedy: str = "allow it with --data reboot=allow"
    upgrade: bool = False
    deep: bool = False
    diff: bool = False
    prune: bool = False
    rollout: Rollout = NO_ROLLOUT
    again: str = ""
    rate: int = 0
    clock_ahead: int = 0

    @property
    def may_upgrade(self) -> bool:
        """Whether L4T may be upgraded: the upgrade is allowed, and the reboot that ends it."""
        return self.upgrade and self.reboot
