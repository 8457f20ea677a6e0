"""What a board has that was only flashed: a password instead of keys, a desktop, a wrong clock.

Such a twin is the first contact with a board: a user that logs in by password, a sudo that asks for
it, the desktop, and a clock without a battery, which starts in 1970.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PASSWORD = "flashed-canary"  # noqa: S105 - of virtual Jetsons alone, and no secret
"""The password of the user of such a twin."""

HASH = (
    "$6$twin$sb80NQl3jmQ3x0gj3Op.vB0V5oydlxbMYZLjGYRBPb5V/.KCiSmlhGI4McWO7n55DKX2Vp5RSgjDDXl30ts/a0"
)
"""The same in /etc/shadow: crypt(5), SHA-512."""

_CLOCK = "/var/lib/twin-clock"
"""File on a twin that is there once its clock was set: systemd-timesyncd keeps the time alike."""

_DATE = f"""\
#!/bin/sh
# The clock of a container is the workstation's: this one shows 1970 until it is set.
case "$*" in
  -s*) : >{_CLOCK} ;;
  +%s) if [ -e {_CLOCK} ]; then exec /bin/date +%s; else echo 4000; fi ;;
  *) exec /bin/date "$@" ;;
esac
"""

_DESKTOP = """\
[Unit]
Description=Stands for the graphical desktop
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=graphical.target
"""

_SSHD = """\
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
"""

_UNITS = "etc/systemd/system"


def files() -> Iterator[tuple[str, str, int]]:
    """Yield path, text and mode of each file; a text of the common root filesystem goes."""
    yield "usr/local/bin/date", _DATE, 0o755
    yield f"{_UNITS}/display-manager.service", _DESKTOP, 0o644
    yield "etc/ssh/sshd_config.d/twin.conf", _SSHD, 0o644
    yield "etc/sudoers.d/nvidia", "# A board that was only flashed has no rule here.\n", 0o440


def links() -> Mapping[str, str]:
    """Return where each link leads."""
    return {
        f"{_UNITS}/default.target": "/lib/systemd/system/graphical.target",
        f"{_UNITS}/graphical.target.wants/display-manager.service": "../display-manager.service",
    }


def shadow(text: str, user: str) -> str:
    """Return /etc/shadow in which a user has the password."""
    lines = (line.split(":") for line in text.splitlines())
    return "".join(
        ":".join([name, HASH if name == user else password, *rest]) + "\n"
        for name, password, *rest in lines
    )
