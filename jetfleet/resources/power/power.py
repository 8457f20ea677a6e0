"""The nvpmodel power mode, by name, resolved in the board's own nvpmodel.conf."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.flashed import FLASHED
from jetfleet.catalog.no_such_mode import no_such_mode
from jetfleet.catalog.power import find_mode, plain_mode
from jetfleet.resources.base import (
    Attributes,
    Change,
    Effects,
    Outlook,
    Resource,
    RunOptions,
    constant,
)
from jetfleet.resources.power.set_mode import set_mode
from jetfleet.resources.power.state import STATUS, SURVEY, PowerState, read_state
from jetfleet.steps import LinkResolver, Reboot, Refused, Run, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class PowerMode(Resource[PowerState]):
    """The board is in this power mode, now and after the next boot.

    Ids mean different modes on different modules (0 is 15 W on an Orin Nano Super), so the mode is
    named. Where the change needs a reboot it is saved for the next boot, and the board reboots
    only if the run allows it.

    Parameters
    ----------
    boots:
        Pairs of a mode and what its boot differs in, as the catalog knows them: the plan tells by
        them that a change needs a reboot. Whether it really does, nvpmodel on the board says.

    """

    kind: ClassVar[str] = "power"
    mode: str
    boots: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        return "mode"

    @property
    def title(self) -> str:
        return "Set the power mode"

    @classmethod
    def survey(cls, resources: Sequence[PowerMode], options: RunOptions) -> str:
        del resources, options
        return SURVEY

    @classmethod
    def survey_files(cls, resources: Sequence[PowerMode], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nvpmodel.conf", STATUS, FLASHED)

    @classmethod
    def read(cls, text: str, resources: Sequence[PowerMode]) -> dict[str, PowerState]:
        state = read_state(text)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"mode": self.mode, "saved": constant(self.mode)}

    def observed(self, actual: PowerState) -> Attributes:
        want = find_mode(self.mode, actual.modes.values())
        if want is None or actual.mode != want:
            return {"mode": actual.mode}
        saved = want if actual.saved is None else actual.name(actual.saved)
        return {"mode": self.mode, "saved": self.mode if saved == want else saved}

    def refuse(self, actual: PowerState, options: RunOptions) -> None:
        del options
        self._resolve(actual)

    def explain(self, change: Change, actual: PowerState, options: RunOptions) -> Change:
        if change.attribute != "mode":
            return super().explain(change, actual, options)
        saved = actual.saved == self._resolve(actual)
        sentence = f"the power mode is {change.have}"
        if actual.current is None:
            sentence = "no power mode is set"
        if saved:
            sentence += f"; {self.mode} is saved and waits for a reboot"
        elif self.needs_reboot(change.have):
            sentence += f"; {self.mode} needs a reboot"
        if sentence.endswith("reboot") and not options.reboot:
            sentence += f" ({options.reboot_remedy})"
        waits = "reboot" if saved and not options.reboot else ""
        return replace(change, sentence=sentence, waits_for=waits)

    def sentence(self, change: Change, actual: PowerState) -> str:
        if change.attribute == "saved":
            return f"the next boot would take {change.have}"
        return super().sentence(change, actual)

    def effects(self, actual: PowerState, changes: Sequence[Change]) -> Effects:
        del changes
        return Effects(reboot=f"power mode {self.mode}" if self.boots_into(actual) else "")

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        if old == self:
            return Outlook()
        if not isinstance(old, PowerMode) or not self.boots:
            return Outlook(reboot="perhaps")
        needed = old.mode != self.mode and self.needs_reboot(old.mode)
        return Outlook(reboot="needed" if needed else "")

    def hides(self, actual: PowerState) -> tuple[str, ...]:
        want = find_mode(self.mode, actual.modes.values())
        if want is None or actual.mode == want or self.boots_into(actual):
            return ()
        # nvpmodel sets the lowest and the highest of each clock: none stays pinned.
        return ("clocks:*",)

    def steps(
        self,
        actual: PowerState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes, resolver
        want = self._resolve(actual)
        result = yield Run(
            set_mode(want, actual.name(want)),
            f"Set the power mode {self.mode}",
            seconds=180,
        )
        if "reboot-needed" in result.out and options.reboot:
            yield Reboot(f"Reboot for the power mode {self.mode}")

    def boots_into(self, actual: PowerState) -> bool:
        """Whether a boot lies before the mode: it is saved for one, or the catalog knows it."""
        want = self._resolve(actual)
        if actual.current == want:
            return False
        return actual.saved == want or self.needs_reboot(actual.mode)

    def needs_reboot(self, have: str) -> bool:
        """Tell whether this mode needs a reboot after `have`, if the catalog knows both."""
        boots = {plain_mode(name): boot for name, boot in self.boots}
        labels = [boots.get(plain_mode(name), "unknown") for name in (have, self.mode)]
        return "unknown" not in labels and labels[0] != labels[1]

    def _resolve(self, actual: PowerState) -> int:
        """Return the id of the mode; ``MODE_30W`` and ``30W`` are the same."""
        name = find_mode(self.mode, actual.modes.values())
        for number, known in actual.modes.items():
            if known == name:
                return number
        modes = list(actual.modes.values())
        raise Refused(no_such_mode(self.mode, modes, actual.tree, actual.tnspec))
