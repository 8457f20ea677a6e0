"""A systemd unit that does not run and that nothing starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, Unreadable, constant
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOWN = {"inactive", "failed"}
_NEVER = {"", "disabled", "masked", "masked-runtime", "not-found"}
"""What systemd shows of a unit that starts at no boot, and of one that the board does not have."""


@dataclass(frozen=True)
class OffState:
    """How systemd has a unit: its ActiveState and its UnitFileState."""

    active: str
    starts: str


@dataclass(frozen=True)
class UnitOff(Resource[OffState]):
    """A unit is down and starts at no boot; one that the board does not have is in sync.

    A unit without an [Install] section is masked: another unit or D-Bus would start it.

    Parameters
    ----------
    name:
        With its suffix, such as ``bluetooth.service``.

    """

    kind: ClassVar[str] = "unit-off"
    stands_alone: ClassVar[bool] = True
    name: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Switch {self.name} off"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:*",)

    @classmethod
    def survey(cls, resources: Sequence[UnitOff], options: RunOptions) -> str:
        del options
        names = words(r.name for r in resources)
        return f"systemctl show -p Id -p Names -p ActiveState -p UnitFileState -- {names}\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[UnitOff]) -> dict[str, OffState]:
        states: dict[str, OffState] = {}
        for block in text.split("\n\n"):
            fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            state = OffState(fields.get("ActiveState", ""), fields.get("UnitFileState", ""))
            # An alias is asked for by its own name.
            for name in {fields.get("Id", ""), *fields.get("Names", "").split()}:
                states[name] = state
        missing = [r.name for r in resources if r.name not in states]
        if missing:
            raise Unreadable(f"systemd says nothing of {missing[0]}")
        return {r.key: states[r.name] for r in resources}

    def desired(self) -> Attributes:
        return {"active": "no", "starts": constant("no")}

    def observed(self, actual: OffState) -> Attributes:
        return {
            "active": "no" if actual.active in _DOWN else actual.active,
            "starts": "no" if actual.starts in _NEVER else actual.starts,
        }

    def sentence(self, change: Change, actual: OffState) -> str:
        if change.attribute == "active":
            return f"{self.name} is {actual.active}"
        if actual.starts == "static":
            return f"another unit may start {self.name}"
        return f"{self.name} starts at boot"

    def steps(
        self,
        actual: OffState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        unit = words([self.name])
        yield Run(
            f"""set -eu
systemctl -q disable --now -- {unit} 2>/dev/null || systemctl stop -- {unit}
case $(systemctl show -p UnitFileState --value -- {unit}) in
  disabled|masked*|'') ;;
  *) systemctl -q mask --now -- {unit} ;;
esac
systemctl reset-failed -- {unit} 2>/dev/null || true
""",
            self.title,
            seconds=180,
            joined=True,
        )
