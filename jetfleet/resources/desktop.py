"""The graphical desktop: whether it starts at boot, and whether it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    Attributes,
    Change,
    Resource,
    RunOptions,
    Unreadable,
    constant,
    yes_or_no,
)
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Sequence

_GRAPHICAL, _TEXT = "graphical.target", "multi-user.target"
_MANAGER = "display-manager.service"
_FIRST_BOOT = "nv-oem-config.target"

# Processes of GNOME and LXDE as L4T brings them, and of what they start in a session.
_PROCESSES = (
    "^(Xorg|Xwayland|gnome|gsd|gdm|lightdm|lx|openbox|pcmanfm|mutter|evolution|goa|ibus|tracker)"
)
_USUAL = "about 800 MB with GNOME"
"""What a desktop takes (NVIDIA's jetson-headless-mode: up to 865 MB)."""


@dataclass(frozen=True)
class DesktopState:
    """How a board has its desktop.

    Parameters
    ----------
    target:
        Name of the target that systemd starts at boot.
    manager:
        Name of the display manager's unit, such as ``gdm.service``; empty without one.
    runs:
        Whether the display manager runs.
    used:
        Bytes of anonymous memory of its processes.

    """

    target: str
    manager: str
    runs: bool
    used: int = 0


@dataclass(frozen=True)
class Desktop(Resource[DesktopState]):
    """The desktop starts at boot and runs, or neither of both.

    Parameters
    ----------
    on:
        Whether it is wanted.

    """

    kind: ClassVar[str] = "desktop"
    chief: ClassVar[tuple[str, ...]] = ("target",)
    moves: ClassVar[frozenset[str]] = frozenset({"runs"})
    stands_alone: ClassVar[bool] = True
    on: bool

    @property
    def id(self) -> str:
        return "graphical"

    @property
    def title(self) -> str:
        return "Switch the desktop on or off"

    @classmethod
    def survey(cls, resources: Sequence[Desktop], options: RunOptions) -> str:
        del resources, options
        return f"""echo "target $(systemctl get-default)"
systemctl show -p Id -p LoadState -p ActiveState {_MANAGER}
cat /proc/[0-9]*/status | awk '$1 == "Name:" {{ mine = $2 ~ /{_PROCESSES}/ }}
  $1 == "RssAnon:" && mine {{ used += $2 }}
  END {{ printf "used %d\\n", used }}'
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Desktop]) -> dict[str, DesktopState]:
        fields: dict[str, str] = {}
        for line in text.splitlines():
            separator = " " if line.startswith(("target ", "used ")) else "="
            name, _, value = line.partition(separator)
            fields[name] = value.strip()
        if not fields.get("target", "").endswith(".target"):
            raise Unreadable("systemd did not say which target it starts at boot")
        loaded = fields.get("LoadState") == "loaded"
        state = DesktopState(
            target=fields["target"],
            manager=fields.get("Id", _MANAGER) if loaded else "",
            runs=fields.get("ActiveState") in {"active", "activating", "reloading"},
            used=read_count(fields.get("used") or "0") * 1024,
        )
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {
            "target": _GRAPHICAL if self.on else _TEXT,
            "runs": constant(yes_or_no(self.on)),
        }

    def observed(self, actual: DesktopState) -> Attributes:
        return {"target": actual.target, "runs": yes_or_no(actual.runs)}

    def refuse(self, actual: DesktopState, options: RunOptions) -> None:
        del options
        if actual.target == _FIRST_BOOT:
            raise Refused(
                "the board waits for its first setup (its default target is "
                f"{_FIRST_BOOT}): finish it on the board's screen or serial console, then run again"
            )
        if self.on and not actual.manager:
            raise Refused(
                "`desktop: on`, and no display manager is installed: install a desktop "
                "(`apt install ubuntu-desktop-minimal`), or write `desktop: off`"
            )

    def sentence(self, change: Change, actual: DesktopState) -> str:
        if self.on:
            sentences = {
                "target": f"the desktop does not start at boot ({actual.target})",
                "runs": f"{actual.manager} does not run",
            }
            return sentences[change.attribute]
        freed = format_bytes(actual.used) if actual.used else _USUAL
        sentences = {
            "target": f"the desktop starts at boot ({actual.target}); it takes {_USUAL}",
            "runs": f"{actual.manager or 'a desktop'} runs; to stop it ends its sessions and "
            f"frees {freed}",
        }
        return sentences[change.attribute]

    def steps(
        self,
        actual: DesktopState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        target, act = (_GRAPHICAL, "start") if self.on else (_TEXT, "stop")
        yield Run(
            f"set -eu\nsystemctl -q set-default {target}\nsystemctl {act} {_MANAGER}\n",
            f"Switch the desktop {'on' if self.on else 'off'}",
            joined=True,
        )
