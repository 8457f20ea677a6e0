"""systemd units that were added to a board by hand."""

from __future__ import annotations

from jetfleet.resources.adopted.hiding import hiding
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
"""Units that L4T installs."""


def survey() -> str:
    """Return a script that shows the units with files in /etc, without secrets."""
    return f"""set --
for unit in {_FOLDER}/*.service {_FOLDER}/*.timer {_FOLDER}/*.mount; do
  [ -f "$unit" ] && [ ! -L "$unit" ] && set -- "$@" "${{unit##*/}}"
done
[ $# -eq 0 ] || systemctl show -p {",".join(SHOWN)} "$@" | {hiding()}"""


def read(text: str) -> list[dict[str, str]]:
    """Return the properties of each unit that belongs neither to L4T nor to jetfleet."""
    return [
        shown
        for shown in read_shown(text)
        if shown["Id"] not in _OF_THE_BOARD and not shown["Id"].startswith("jetfleet-")
    ]
