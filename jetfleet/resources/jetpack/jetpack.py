"""The L4T release of a board, as a state that an apply may bring about by packages."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.catalog.upgrade import way
from jetfleet.resources.base import (
    Attributes,
    Change,
    Effects,
    Outlook,
    Resource,
    RunOptions,
)
from jetfleet.resources.jetpack.install import upgrade_steps
from jetfleet.resources.jetpack.record import UpgradeRecord, read_upgrade, show_upgrade
from jetfleet.steps import LinkResolver, Refused, Steps
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Sequence

ALLOW = "--data upgrade=allow --data reboot=allow, or `jetfleet apply --upgrade --reboot`"

_POWER = (
    "the reboot after an upgrade of L4T can update the UEFI firmware, and boot twice: do not cut "
    "the power"
)
_RESERVE = 1 << 30
_SIZE = re.compile(r"([0-9]{1,12})")
_NUMBERS = re.compile(r"(\d{1,4}\.\d{1,4}\.\d{1,4})")
_OF_NVIDIA = "'nvidia-*' 'cuda-*' 'libcu*' 'libnv*' 'tensorrt*' 'vpi*'"


@dataclass(frozen=True)
class JetPackState:
    """The release of a board, and what an upgrade would replace.

    Parameters
    ----------
    l4t:
        Release that its files say, empty without them.
    upgrade:
        An upgrade that has not ended; None without one.
    size:
        Bytes of NVIDIA's packages that are installed: an upgrade brings about as many.
    free:
        Bytes that are free on the boot disk.
    firmware:
        Release of its UEFI firmware, empty if it shows none.

    """

    l4t: str
    upgrade: UpgradeRecord | None = None
    size: int = 0
    free: int | None = None
    firmware: str = ""


@dataclass(frozen=True)
class JetPack(Resource[JetPackState]):
    """The board runs this L4T release, or a later patch of it.

    An older one is upgraded by NVIDIA's packages, only within its major release, and only if the
    run allows that and the reboot that ends it.

    Parameters
    ----------
    l4t:
        Release of the spec, such as ``36.5.0``.
    same:
        Other releases that the spec allows, as it names only their JetPack.

    """

    kind: ClassVar[str] = "jetpack"
    l4t: str
    same: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return "l4t"

    @property
    def title(self) -> str:
        return "Upgrade L4T"

    @classmethod
    def survey(cls, resources: Sequence[JetPack], options: RunOptions) -> str:
        del resources, options
        return f"""head -n 1 /etc/nv_tegra_release
{show_upgrade()}df -B1 --output=avail /usr | sed -n 's/^ *\\([0-9]*\\)$/free \\1/p'
dpkg-query -W -f 'size ${{Installed-Size}}\\n' -- {_OF_NVIDIA} 2>/dev/null
[ ! -r /sys/devices/virtual/dmi/id/bios_version ] ||
  sed 's/^/firmware /' /sys/devices/virtual/dmi/id/bios_version
true
"""

    @classmethod
    def survey_files(cls, resources: Sequence[JetPack], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nv_tegra_release",)

    @classmethod
    def read(cls, text: str, resources: Sequence[JetPack]) -> dict[str, JetPackState]:
        fields = [line.partition(" ") for line in text.splitlines()]
        free = next((v for name, _, v in fields if name == "free" and _SIZE.fullmatch(v)), None)
        sizes = [v for name, _, v in fields if name == "size" and _SIZE.fullmatch(v)]
        firmware = next((v for name, _, v in fields if name == "firmware"), "")
        found = _NUMBERS.match(firmware)
        state = JetPackState(
            l4t=parse_nv_tegra_release(text) or "",
            upgrade=read_upgrade(text),
            size=1024 * sum(map(read_count, sizes)),
            free=read_count(free) if free else None,
            firmware=found[1] if found else "",
        )
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"l4t": self.l4t}

    def observed(self, actual: JetPackState) -> Attributes:
        if actual.upgrade:
            how = "half installed" if actual.upgrade.installs else "not rebooted"
            return {"l4t": f"{actual.l4t}, {actual.upgrade.to} {how}"}
        return {"l4t": actual.l4t if self._is_behind(actual) else self.l4t}

    def _is_behind(self, actual: JetPackState) -> bool:
        if not actual.l4t or actual.l4t in self.same:
            return False
        return way(actual.l4t, self.l4t) in {"patch", "minor"}

    def refuse(self, actual: JetPackState, options: RunOptions) -> None:
        if actual.upgrade and not options.may_upgrade:
            raise Refused(f"{actual.upgrade.sentence}: let it end with {ALLOW}")
        if not self._is_behind(actual) or actual.upgrade or not options.upgrade:
            return
        if not options.reboot:
            raise Refused(f"an upgrade of L4T ends with a reboot: let the run do both, {ALLOW}")
        if actual.free is not None and actual.free < actual.size + _RESERVE:
            raise Refused(
                f"the boot disk has {format_bytes(actual.free)} free, and an upgrade of L4T needs "
                f"about {format_bytes(actual.size + _RESERVE)}: free some, such as by "
                "`apt-get clean` and `journalctl --vacuum-size=100M`"
            )

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        return bool(changes)

    def explain(self, change: Change, actual: JetPackState, options: RunOptions) -> Change:
        sentence = actual.upgrade.sentence if actual.upgrade else self._cost(actual)
        if options.may_upgrade:
            return replace(change, sentence=sentence)
        return replace(change, sentence=f"{sentence} (allow it with {ALLOW})", waits_for="upgrade")

    def _cost(self, actual: JetPackState) -> str:
        return (
            f"upgrade L4T {actual.l4t} -> {self.l4t}: about {format_bytes(actual.size)} of "
            "packages, services are down, then a reboot"
        )

    def notes(self, actual: JetPackState) -> Sequence[str]:
        if self._is_behind(actual) or actual.upgrade:
            return [_POWER]
        if not actual.firmware or way(actual.firmware, self.l4t) not in {"minor", "major"}:
            return []
        note = (
            f"the UEFI firmware is of L4T {actual.firmware}, the board runs {actual.l4t}: reboot "
            "once more, or see docs/guide/jetpack.md"
        )
        return [note]

    def effects(self, actual: JetPackState, changes: Sequence[Change]) -> Effects:
        if any(change.waits_for for change in changes) or not changes:
            return Effects()
        size = 0 if actual.upgrade and actual.upgrade.waits else actual.size
        return Effects(internet=size, reboot=f"L4T {self.l4t}")

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        if not isinstance(old, JetPack) or old.l4t == self.l4t:
            return Outlook()
        behind = way(old.l4t, self.l4t) in {"patch", "minor"}
        return Outlook(reboot="needed" if behind else "")

    def steps(
        self,
        actual: JetPackState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes
        if not options.may_upgrade:
            return
        if resolver.bundle is not None:
            raise Refused(
                "the host is offline, and no bundle has the packages of an L4T upgrade: remove "
                "`upgrade`, or upgrade the board where it reaches NVIDIA's apt source"
            )
        installed = actual.upgrade is not None and actual.upgrade.waits
        yield from upgrade_steps(actual.l4t, self.l4t, self.title, installed=installed)
