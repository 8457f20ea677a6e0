"""What a change costs: bytes, room on the disk, restarts, a reboot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effects:
    """The cost of one resource's changes, where it is known beforehand.

    Parameters
    ----------
    internet, lan:
        Bytes that come from hubs and registries, and from seeds or the workstation; at most.
    peak, final:
        Bytes more that the disk holds while it happens and afterwards; fewer are negative. Those
        of an image are an estimate, for a lock knows only its compressed size.
    restarts:
        What is up and will be stopped and started: services by name, ``docker``, units.
    stops:
        What is up and will be stopped for good, as it is no longer in the spec.
    reboot:
        Why the board must be rebooted for it; empty if it need not.

    """

    internet: int = 0
    lan: int = 0
    peak: int = 0
    final: int = 0
    restarts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    reboot: str = ""


@dataclass(frozen=True)
class Outlook:
    """What another desired state will cost a board that has not been read.

    Parameters
    ----------
    fetch:
        Bytes of images and models that a board with the old desired state does not have.
    reboot:
        ``needed``, ``perhaps`` where the catalog does not know, or empty.
    refused:
        Why a board with the old desired state would be refused, or empty.

    """

    fetch: int = 0
    reboot: str = ""
    refused: str = ""
