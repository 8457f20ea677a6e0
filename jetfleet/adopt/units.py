"""systemd units that somebody put on a board."""

from __future__ import annotations

from jetfleet.resources.adopted.container import MASK
from jetfleet.resources.adopted.service import SHOWN, read_shown

_FOLDER = "/etc/systemd/system"

_OF_THE_BOARD = frozenset(
    {
        "nvpmodel.service", "nvpower.service", "nvfb.service", "nvfb-early.service",
        "nvfb-udev.service", "nvgetty.service", "nvmemwarning.service", "nv-l4t-bootloader.service",
        "nv.service", "nv_nvsciipc_init.service", "nv-tee-supplicant.service",
        "nvargus-daemon.service", "nvs-service.service", "nvphs.service", "nvweston.service",
        "nvzramconfig.service", "nvidia-l4t-bootloader.service", "tee-supplicant.service",
    }
)  # fmt: skip
"""Units that L4T itself puts there."""


def survey() -> str:
    """Return a script that shows the units whose files lie in /etc, without secrets."""
    return f"""set --
for unit in {_FOLDER}/*.service {_FOLDER}/*.timer {_FOLDER}/*.mount; do
  [ -f "$unit" ] && [ ! -L "$unit" ] && set -- "$@" "${{unit##*/}}"
done
[ $# -eq 0 ] || systemctl show -p {",".join(SHOWN)} "$@" | {MASK}true
"""


def read(text: str) -> list[dict[str, str]]:
    """Return the properties of each unit that is neither L4T's nor jetfleet's."""
    return [
        shown
        for shown in read_shown(text)
        if shown["Id"] not in _OF_THE_BOARD and not shown["Id"].startswith("jetfleet-")
    ]
