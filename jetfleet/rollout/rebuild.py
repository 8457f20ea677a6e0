"""A rollout whose store was lost, or is on another computer: begun again from what boards say."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from jetfleet.rollout import events
from jetfleet.rollout.store import About

if TYPE_CHECKING:
    from jetfleet.rollout.plan_file import PlanFile
    from jetfleet.rollout.store import Store


def rebuild(kept: Store, plan: PlanFile, by: str, at: float) -> bool:
    """Add a rollout that was begun elsewhere; return False if the store has it, and so no need.

    Nothing is known of its hosts then: each is read before it is changed, and what cannot be read
    is not guessed. Rollout and event are one transaction, for a rollout without the event would be
    one of which nothing has happened.

    Raises
    ------
    InTheWay
        Another rollout of its fleet is not over, or its commit is blocked.

    """
    rollout = plan.rollout
    if any(one.id == rollout.id for one in kept.rollouts()):
        return False
    first = events.Rebuilt(at, by, f"{secrets.token_hex(4)}-")
    kept.create(rollout, About(by, at, plan.json_text()), first=[first])
    return True
