"""The file of a rollout that was planned on the boards: it is reviewed, and `start` begins it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.errors import FleetError
from jetfleet.rollout.here.reviewed import Reviewed
from jetfleet.rollout.rollout import Rollout
from jetfleet.text import format_json, printable

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


_AGAIN = re.compile(r"-[1-9]\d{0,3}")
"""What `PlanFile.named` adds to a name that is taken."""


class PlanFile(BaseModel):
    """A frozen rollout, and what it brings to each host.

    Parameters
    ----------
    notes:
        What a person has to know before it begins, in sentences.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    rollout: Rollout
    reviewed: Reviewed
    notes: tuple[str, ...] = ()

    def json_text(self) -> str:
        """Return it as JSON, documented in docs/formats.md."""
        return format_json(self.model_dump(by_alias=True, mode="json")) + "\n"

    def named(self, taken: Collection[str]) -> PlanFile:
        """Return the plan under a name that is not taken: a plan may be begun more than once.

        Waves and their order stay as they were reviewed.
        """
        name, number = self.rollout.id, 2
        while name in taken:
            name, number = f"{self.rollout.id}-{number}", number + 1
        return self.model_copy(update={"rollout": replace(self.rollout, id=name)})

    def as_begun(self, name: str | None) -> PlanFile:
        """Return the plan under the name that it was begun by: its own, or one of `named`.

        Raises
        ------
        FleetError
            It could not have been begun by that name.

        """
        own = self.rollout.id
        if name is None or name == own:
            return self
        if not _AGAIN.fullmatch(name.removeprefix(own)) or not name.startswith(own):
            raise FleetError(
                f"the plan is of the rollout {own}, and not of {printable(name)[:80]}: name the "
                "plan that it was begun by"
            )
        return self.model_copy(update={"rollout": replace(self.rollout, id=name)})


def read_plan(path: Path) -> PlanFile:
    """Return the plan of a file; raise `FleetError` if it is not one, or was edited."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FleetError(f"{path} cannot be read ({error}): {_MAKE}") from error
    return plan_of(text, str(path))


def plan_of(text: str, where: str) -> PlanFile:
    """Return the plan of a text; raise `FleetError` if it is not one, or was edited."""
    try:
        plan = PlanFile.model_validate_json(text)
    except ValidationError as error:
        raise FleetError(f"{where} is not a rollout of this jetfleet: {_MAKE}") from error
    rollout, reviewed = plan.rollout, plan.reviewed
    named = (rollout.plan, rollout.commit, set(rollout.hosts))
    if named != (reviewed.sha256, reviewed.commit, set(reviewed.by_host)):
        raise FleetError(f"{where} was edited, and is no longer what was reviewed: {_MAKE}")
    if any(name not in rollout.hosts for wave in rollout.waves for name in wave.hosts):
        raise FleetError(f"{where} has a wave with a host that is not reviewed: {_MAKE}")
    return plan


_MAKE = "make it with `jetfleet rollout plan FILE --from-boards -o rollout.json`"
