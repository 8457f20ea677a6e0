"""The nvpmodel power mode, by name, resolved in the board's own nvpmodel.conf."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.no_such_mode import no_such_mode
from jetfleet.catalog.power import find_mode, plain_mode
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
from jetfleet.steps.shell import words
from jetfleet.text import printable, read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATUS = "/var/lib/nvpmodel/status"
FLASHED = "/etc/nv_boot_control.conf"
"""Its TNSPEC ends with the name of the configuration that was flashed."""

_MODE = re.compile(
    r"^[^#\n]*<\s*POWER_MODEL\s+ID\s*=\s*(\d+)\s+NAME\s*=\s*(\S+?)\s*>", re.MULTILINE
)
_CURRENT = re.compile(r"^NV Power Mode: *(\S+)[^\n]*(?:\n\s*(\d+)\s*$)?", re.MULTILINE)
_SAVED = re.compile(r"^saved (?:.*\bpmode:)?0*([0-9]+)\b", re.MULTILINE)
_ENDED = re.compile(r"^query ended with (\d+)$", re.MULTILINE)
_TIMEOUT = "124"
_NONE = "none"
_TNSPEC = re.compile(r"^TNSPEC[ =]+(\S{1,120})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class PowerState:
    """The power modes of a board.

    Parameters
    ----------
    modes:
        Names by their ids, from the board's conf.
    current:
        Id of the mode that is on; None if nvpmodel knows none, as on a copy of a flashed disk.
    saved:
        Id of the mode that the next boot takes; None if none is saved.
    tnspec:
        What was flashed, as its TNSPEC; empty if the board does not say.

    """

    modes: Mapping[int, str]
    current: int | None
    saved: int | None
    tnspec: str = ""

    @property
    def mode(self) -> str:
        """Name of the mode that is on, as the board has it."""
        return _NONE if self.current is None else self.name(self.current)

    def name(self, number: int) -> str:
        """Return the name of a mode; its id if the conf does not have it."""
        return self.modes.get(number, str(number))


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
        # The status file is one line, `pmode:0002 fmode:quiet`; some releases leave the fan out.
        return f"""grep -hE 'POWER_MODEL|^TNSPEC' /etc/nvpmodel.conf {FLASHED} 2>/dev/null
said=$(timeout 20 nvpmodel -q </dev/null 2>/dev/null)
ended=$?
[ "$ended" -eq 0 ] || echo "query ended with $ended"
printf '%s\\n' "$said" | grep -A1 '^NV Power Mode'
echo "saved $(cat {STATUS} 2>/dev/null | tr '\\n' ' ')"
"""

    @classmethod
    def survey_files(cls, resources: Sequence[PowerMode], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nvpmodel.conf", STATUS, FLASHED)

    @classmethod
    def read(cls, text: str, resources: Sequence[PowerMode]) -> dict[str, PowerState]:
        modes = {read_count(number): name for number, name in _MODE.findall(text)}
        if not modes:
            raise Unreadable("/etc/nvpmodel.conf did not say which power modes there are")
        ended = _ENDED.search(text)
        if ended and ended[1] == _TIMEOUT:
            raise Unreadable("`nvpmodel -q` gave no answer: log in to the board, and run it")
        saved = _SAVED.search(text)
        next_boot = read_count(saved[1]) if saved else None
        flashed = _TNSPEC.search(text)
        tnspec = printable(flashed[1]) if flashed else ""
        state = PowerState(modes, _current(text, modes), next_boot, tnspec)
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
            f"""set -eu
mode={want}
name={words([actual.name(want)])}
is_on() {{
  said=$(timeout 20 nvpmodel -q </dev/null 2>/dev/null | grep -A1 '^NV Power Mode' | tail -n 1)
  # The id is on a line of its own, if there is one.
  [ "$said" = "$mode" ] || [ "$said" = "NV Power Mode: $name" ]
}}
# A mode that is on is not set once more: that would free clocks that are locked. On JetPack 7 the
# command can fail though it has set the mode: what counts is which one is on.
out=
is_on || out=$(timeout 60 nvpmodel -m $mode </dev/null 2>&1) || true
now=other
if is_on; then now=on; fi
saved=$(sed -n 's/.*pmode:0*\\([0-9][0-9]*\\).*/\\1/p' {STATUS} 2>/dev/null | tail -n 1)
[ $now = on ] && [ "$saved" = "$mode" ] && exit 0
case "$now $out" in
  "on "*|*"eboot required"*) ;;
  *) echo "nvpmodel did not take the mode: $(echo "$out" | tail -n 1)" >&2; exit 1 ;;
esac
mkdir -p {STATUS.rsplit("/", 1)[0]}
rm -rf {STATUS}.jetfleet-new
new=$(printf 'pmode:%04d' "$mode")
# The line has the mode of the fan, too, and that stays.
if grep -q 'pmode:[0-9]' {STATUS} 2>/dev/null; then
  sed "s/pmode:[0-9]*/$new/" {STATUS} > {STATUS}.jetfleet-new
else
  echo "$new" > {STATUS}.jetfleet-new
fi
sync -- {STATUS}.jetfleet-new
mv -f -T {STATUS}.jetfleet-new {STATUS}
sync -- {STATUS.rsplit("/", 1)[0]}
[ $now = on ] || echo reboot-needed
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
        raise Refused(no_such_mode(self.mode, list(actual.modes.values()), actual.tnspec))


def _current(text: str, modes: Mapping[int, str]) -> int | None:
    """Return the id of the mode that is on, by what nvpmodel printed."""
    found = _CURRENT.search(text)
    if found is None:
        return None
    if found[2] is not None:
        return read_count(found[2])
    return next((number for number, name in modes.items() if name == found[1]), None)
