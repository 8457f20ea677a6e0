"""The description of a board, from which its twin is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import release
from jetfleet.catalog.modules import l4t_of, module
from jetfleet.catalog.power import power_conf
from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec


@dataclass(frozen=True)
class Mode:
    """One power mode of the board; a change between modes with different `boot` needs a reboot."""

    id: int
    name: str
    boot: str


@dataclass(frozen=True)
class TwinBoard:
    """A board, as its files and programs describe it."""

    name: str
    user: str  # who logs in, with sudo
    l4t: str  # "36.4.3"
    cuda: str  # "12.6"
    dt_model: str
    dt_compatible: tuple[str, ...]  # most specific first
    memtotal_kib: int
    cpus: int
    soc: str  # "orin", "thor" or "xavier"
    sm: int  # 87
    nvpmodel: str  # the conf's name, "p3701_0000"
    modes: tuple[Mode, ...]
    default_mode: int  # the id of the mode that a flashed board has
    suite: str = ""  # of its root filesystem; empty: the one that stands for its L4T release
    flashed: bool = False  # only flashed: a password and no key, a desktop, its clock in 1970

    @property
    def major(self) -> int:
        """The first number of the L4T version."""
        return int(self.l4t.split(".", 1)[0])

    @property
    def gpus(self) -> tuple[str, ...]:
        """Names of the GPU's clocks under /sys/class/devfreq (jetson_stats, hw_detect.py)."""
        if self.soc == "thor":
            return ("gpu-gpc-0", "gpu-nvd-0")
        if self.soc == "xavier":
            return ("17000000.gv11b",)
        return ("17000000.gpu",) if self.major > 35 else ("17000000.ga10b",)  # noqa: PLR2004

    @property
    def gpu_name(self) -> str:
        """What nvidia-smi calls the GPU; on Orin the command is a stub."""
        return "NVIDIA Thor" if self.soc == "thor" else f"{self.soc.title()} (nvgpu)"


def _family(soc: str, l4t: str) -> tuple[str, ...]:
    """Return the names after the SoC's in `compatible`: JetPack 5 has the family of an Orin there.

    tests/data/captured/device-tree.yaml has the lists of real boards.
    """
    return ("nvidia,tegra23x",) if soc == "tegra234" and l4t.startswith(("34.", "35.")) else ()


def board_of(host: HostSpec) -> TwinBoard:
    """Return the board that a host of the spec names, as the catalog describes it.

    Raises FleetError if the catalog has no such module, or no power modes of it.
    """
    try:
        kind = module(host.module)
    except KeyError:
        raise FleetError(
            f"Host {host.name} names the module {host.module}, which the catalog does not have; "
            "write one of its modules."
        ) from None
    l4t = l4t_of(host)
    conf = power_conf(kind, l4t)
    if conf is None:
        raise FleetError(
            f"The catalog has no power modes of the module {kind.name} (host {host.name}), so it "
            "cannot have a twin yet; add the module's nvpmodel conf to the catalog."
        )
    return TwinBoard(
        name=host.name,
        user=host.ssh.user,
        l4t=l4t,
        cuda=release(l4t).value.cuda,
        dt_model=kind.dt_model,
        dt_compatible=kind.dt_compatible + _family(kind.soc_id, l4t),
        memtotal_kib=kind.memtotal_kib,
        cpus=kind.cpus,
        soc=kind.soc,
        sm=kind.sm,
        nvpmodel=conf.name,
        modes=tuple(Mode(mode.id, mode.name, mode.boot) for mode in conf.modes),
        default_mode=conf.default_id,
    )
