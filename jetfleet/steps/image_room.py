"""How much room is free where the Docker engine keeps images, and whether an image fits."""

from __future__ import annotations

from jetfleet.board import sent
from jetfleet.board.disk import needed
from jetfleet.steps.error import Refused
from jetfleet.text import format_bytes

PULLS = "pulls"
"""What `free_room` prints while the pull is under way."""

_DF = 'df --output=avail -B1 -- "$images" | tail -n 1'


def show_room() -> str:
    """Return a script that prints ``room BYTES FOLDER``, or nothing without an answer."""
    return f'{sent("image_store.sh")}image_store && echo "room $({_DF}) $images"\n'


# After a reboot the engine may still be on its way up, or wait in vain for its disk.
def free_room(unit: str) -> str:
    """Return a script that prints the free bytes, or that a pull is under way.

    `unit` is the transient unit that pulls.
    """
    return f"""if systemctl -q is-active {unit}.service; then echo {PULLS}; exit 0; fi
timeout 150 systemctl start docker.service
{sent("image_store.sh")}image_store || {{
  echo 'the Docker daemon does not answer: look at `journalctl -u docker`' >&2; exit 1; }}
{_DF}
"""


def check_room(image: str, size: int, free: int) -> None:
    """Raise `Refused` if an image does not fit.

    Parameters
    ----------
    size, free:
        Bytes that it takes while it is pulled and unpacked, and bytes that are free.

    """
    need = needed(size)
    if need > free:
        raise Refused(
            f"{image} needs about {format_bytes(need)} to pull and unpack, and where Docker "
            f"keeps images only {format_bytes(free)} are free: remove images (`docker image "
            "prune`) or move docker.data_root to a larger disk"
        )
