"""The nvpmodel power mode, by name, resolved in the board's own nvpmodel.conf."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.power import plain_mode
from jetfleet.resources.base import (
    Attributes,
    Change,
    Effects,
    Outlook,
    Resource,
    RunOptions,
    Unreadable,
    constant,
)
from jetfleet.steps import LinkResolver, Reboot, Refused, Run, Steps
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATUS = "/var/lib/nvpmodel/status"

_MODE = re.compile(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+?)\s*>")
_CURRENT = re.compile(r"^NV Power Mode: *(\S+)\s*\n\s*(\d+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class PowerState:
    """The modes of the board's conf by id, the current id, and the id that the next boot takes."""

    modes: Mapping[int, str]
    current: int
    saved: int | None


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
        # stdin must not be a terminal: nvpmodel asks whether to reboot, and would wait for ever.
        return f"""grep POWER_MODEL /etc/nvpmodel.conf
timeout 20 nvpmodel -q </dev/null 2>/dev/null | grep -A1 '^NV Power Mode'
echo "saved $(sed -n 's/^pmode://p' {STATUS} 2>/dev/null)"
"""

    @classmethod
    def survey_files(cls, resources: Sequence[PowerMode], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nvpmodel.conf", STATUS)

    @classmethod
    def read(cls, text: str, resources: Sequence[PowerMode]) -> dict[str, PowerState]:
        modes = {read_count(number): name for number, name in _MODE.findall(text)}
        current = _CURRENT.search(text)
        if not modes or not current:
            raise Unreadable("nvpmodel did not say which power modes there are and which one is on")
        saved = re.search(r"^saved (\d+)$", text, re.MULTILINE)
        state = PowerState(modes, read_count(current[2]), read_count(saved[1]) if saved else None)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"mode": self.mode, "saved": constant(self.mode)}

    def observed(self, actual: PowerState) -> Attributes:
        mode = self._name(actual, actual.current)
        if mode != self.mode:
            return {"mode": mode}
        saved = actual.current if actual.saved is None else actual.saved
        return {"mode": mode, "saved": self._name(actual, saved)}

    def _name(self, actual: PowerState, number: int) -> str:
        """Return a mode's name as the spec writes it; ``MODE_30W`` and ``30W`` are the same."""
        name = actual.modes.get(number, str(number))
        return self.mode if plain_mode(name) == plain_mode(self.mode) else name

    def refuse(self, actual: PowerState, options: RunOptions) -> None:
        del options
        self._resolve(actual)

    def explain(self, change: Change, actual: PowerState, options: RunOptions) -> Change:
        if change.attribute != "mode":
            return super().explain(change, actual, options)
        saved = actual.saved == self._resolve(actual)
        sentence = f"the power mode is {change.have}"
        if saved:
            sentence += f"; {self.mode} is saved and waits for a reboot"
        elif self.needs_reboot(change.have):
            sentence += f"; {self.mode} needs a reboot"
        if sentence.endswith("reboot") and not options.reboot:
            sentence += " (allow it with --data reboot=allow)"
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
            f"""set -eu
mode={want}
current() {{
  timeout 20 nvpmodel -q </dev/null 2>/dev/null | grep -A1 '^NV Power Mode' | tail -n 1
}}
# A mode that is on is not set once more: that would free clocks that are locked.
out=
[ "$(current)" = "$mode" ] || out=$(timeout 60 nvpmodel -m $mode </dev/null 2>&1) || true
now=$(current)
saved=$(sed -n 's/^pmode:0*\\([0-9]\\)/\\1/p' {STATUS} 2>/dev/null || true)
[ "$now" = "$mode" ] && [ "$saved" = "$mode" ] && exit 0
case "$now $out" in
  "$mode "*|*"eboot required"*) ;;
  *) echo "nvpmodel did not take the mode: $(echo "$out" | tail -n 1)" >&2; exit 1 ;;
esac
mkdir -p {STATUS.rsplit("/", 1)[0]}
rm -rf {STATUS}.jetfleet-new
printf 'pmode:%04d\\n' "$mode" > {STATUS}.jetfleet-new
sync -- {STATUS}.jetfleet-new
mv -f -T {STATUS}.jetfleet-new {STATUS}
sync -- {STATUS.rsplit("/", 1)[0]}
[ "$now" = "$mode" ] || echo reboot-needed
""",
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
        have = actual.modes.get(actual.current, str(actual.current))
        return actual.saved == want or self.needs_reboot(have)

    def needs_reboot(self, have: str) -> bool:
        """Tell whether this mode needs a reboot after `have`, if the catalog knows both."""
        boots = {plain_mode(name): boot for name, boot in self.boots}
        labels = [boots.get(plain_mode(name), "unknown") for name in (have, self.mode)]
        return "unknown" not in labels and labels[0] != labels[1]

    def _resolve(self, actual: PowerState) -> int:
        """Id of the mode; ``MODE_30W`` and ``30W`` are the same."""
        for number, name in actual.modes.items():
            if plain_mode(name) == plain_mode(self.mode):
                return number
        names = ", ".join(actual.modes.values())
        raise Refused(
            f"this board has no power mode {self.mode}, it has {names}: write one of these "
            "(a missing MAXN_SUPER means that the Super device tree was not flashed)"
        )
