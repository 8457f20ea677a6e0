"""What the services of one host take together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.memory_level import MemoryLevel, memory_level
from jetfleet.memory.need import system
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from jetfleet.memory.need import Need


@dataclass(frozen=True)
class HostMemory:
    """The estimate for one host, in bytes.

    Parameters
    ----------
    board:
        MemTotal, as the catalog has it for the module.
    needs:
        What each service takes, in the order of the spec.

    """

    board: int
    needs: tuple[Need, ...]

    @property
    def total(self) -> int:
        """What is in use with all services up: the system's share included."""
        return system() + sum(need.total for need in self.needs)

    @property
    def least(self) -> int:
        """What cannot be done without: more than the board has is refused."""
        return system("least") + sum(need.floor for need in self.needs)

    @property
    def share(self) -> float:
        """The share of the board's memory that is in use with all services up."""
        return self.total / self.board

    @property
    def level(self) -> MemoryLevel:
        """How full the memory is, in the four levels of source 002."""
        return memory_level(self.share)

    @property
    def sure(self) -> bool:
        """Whether nothing of the estimate is unknown."""
        return all(need.sure for need in self.needs)

    @property
    def sentence(self) -> str:
        """Return the whole estimate in words."""
        about = "about" if self.sure else "at least"
        parts = [f"system {format_bytes(system())}", *(need.sentence for need in self.needs)]
        used = f"{about} {format_bytes(self.total)} of {format_bytes(self.board)}"
        return f"{used} ({self.share:.0%}, {self.level.name}): {'; '.join(parts)}"
