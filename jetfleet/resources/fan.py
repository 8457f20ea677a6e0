"""The fan profile of nvfancontrol, by name, from the board's own nvfancontrol.conf.

The order (stop, write the default, remove the saved state, start) is that of NVIDIA's guide:
https://docs.nvidia.com/jetson/archives/r36.4/DeveloperGuide/SD/PlatformPowerAndPerformance/JetsonOrinNanoSeriesJetsonOrinNxSeriesAndJetsonAgxOrinSeries.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, Unreadable, constant
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONF = "/etc/nvfancontrol.conf"
UNIT = "nvfancontrol.service"
STATUS = "/var/lib/nvfancontrol/status"

_FAN = re.compile(r"<\s*FAN\s+(\d{1,3})\s*>")
_PROFILE = re.compile(r"FAN_PROFILE\s+(\S{1,64})")
_DEFAULT = re.compile(r"FAN_DEFAULT_PROFILE\s+(\S{1,64})")
_RUNS = re.compile(r"^runs (?:FAN\d*:)?FAN_PROFILE:\s*(\S{1,64})", re.MULTILINE)
_NONE = "none"


@dataclass(frozen=True)
class FanState:
    """The fans of a board.

    Parameters
    ----------
    profiles:
        The profiles of each fan, by its number in the conf.
    saved:
        The profiles that the conf names as default, each once.
    runs:
        The profiles that nvfancontrol says it follows, each once; empty if it does not answer.

    """

    profiles: Mapping[int, tuple[str, ...]]
    saved: tuple[str, ...]
    runs: tuple[str, ...]

    @property
    def common(self) -> tuple[str, ...]:
        """Profiles that every fan has: nvfancontrol does not start where a default is missing."""
        first, *others = self.profiles.values()
        return tuple(name for name in first if all(name in names for names in others))


@dataclass(frozen=True)
class Fan(Resource[FanState]):
    """Every fan of the board follows this profile, now and after the next boot.

    Parameters
    ----------
    profile:
        A profile of the board's conf; NVIDIA's own are ``quiet`` and ``cool``.

    """

    kind: ClassVar[str] = "fan"
    moves: ClassVar[frozenset[str]] = frozenset({"profile"})
    profile: str

    @property
    def id(self) -> str:
        return "profile"

    @property
    def title(self) -> str:
        return "Set the fan profile"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("power:*",)

    @classmethod
    def survey(cls, resources: Sequence[Fan], options: RunOptions) -> str:
        del resources, options
        return f"""head -c 65536 {CONF} | grep -E '^[[:space:]]*(<FAN|FAN_(DEFAULT_)?PROFILE)'
timeout 20 nvfancontrol -q </dev/null 2>/dev/null |
  grep FAN_PROFILE | head -n 20 | sed 's/^ */runs /'
"""

    @classmethod
    def survey_files(cls, resources: Sequence[Fan], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return (CONF, STATUS)

    @classmethod
    def read(cls, text: str, resources: Sequence[Fan]) -> dict[str, FanState]:
        profiles: dict[int, tuple[str, ...]] = {}
        fan, saved = 0, []
        for line in map(str.strip, text.splitlines()):
            if found := _FAN.match(line):
                fan = int(found[1])
                profiles[fan] = ()
            elif found := _PROFILE.match(line):
                profiles[fan] = (*profiles.get(fan, ()), found[1])
            elif found := _DEFAULT.match(line):
                saved.append(found[1])
        if not any(profiles.values()):
            raise Unreadable(
                f"{CONF} names no fan profile: leave `fan` out of `power` in the spec, or repair "
                "the file"
            )
        state = FanState(profiles, _once(saved), _once(_RUNS.findall(text)))
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"profile": self.profile, "saved": constant(self.profile)}

    def observed(self, actual: FanState) -> Attributes:
        return {"profile": _shown(actual.runs), "saved": _shown(actual.saved)}

    def refuse(self, actual: FanState, options: RunOptions) -> None:
        del options
        if self.profile not in actual.common:
            known = ", ".join(actual.common) or _NONE
            raise Refused(
                f"the fans of this board have no profile {self.profile}, they have {known}: "
                f"write one of these, or add the profile to its {CONF}"
            )

    def sentence(self, change: Change, actual: FanState) -> str:
        sentences = {
            "profile": f"the fan profile is {change.have}",
            "saved": f"the next boot would take the fan profile {change.have}",
        }
        if change.attribute == "profile" and not actual.runs:
            return "nvfancontrol does not say which fan profile it follows"
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def steps(
        self,
        actual: FanState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        # The conf is a link to the file of this module, and stays one. Whatever happens between
        # the stop and the end, the fan is controlled again: a board must not get hot for it.
        # nvfancontrol writes its state as it ends: the state is removed after the stop.
        yield Run(
            f"""set -eu
conf=$(readlink -e {CONF})
profile={words([self.profile])}
new=$conf.jetfleet-new
rm -rf -- "$new"
cp -p -- "$conf" "$new"
space='[[:space:]]'
sed "s/^\\($space*FAN_DEFAULT_PROFILE$space$space*\\).*/\\1$profile/" "$conf" > "$new"
sync -- "$new"
systemctl -q enable {UNIT}
trap 'systemctl start {UNIT}' EXIT
systemctl stop {UNIT}
mv -f -T -- "$new" "$conf"
sync -- "$(dirname "$conf")"
rm -f {STATUS}
systemctl start {UNIT} || {{ journalctl -q -u {UNIT} -n 3 -o cat --no-pager >&2; exit 1; }}
""",
            f"Set the fan profile {self.profile}",
            seconds=120,
            joined=True,
        )


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names) or _NONE
