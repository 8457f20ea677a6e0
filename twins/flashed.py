"""What a board has that was only flashed: a password instead of keys, a desktop, a wrong clock.

Such a twin is the first contact with a board: a user that logs in by password, a sudo that asks for
it, the desktop, a clock without a battery, which starts in 1970, and no Docker. Docker's packages
and NVIDIA's toolkit are in the repository of its apt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twins.toolkit import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PASSWORD = "flashed-canary"  # noqa: S105 - of virtual Jetsons alone, and no secret
"""The password of the user of such a twin."""

HASH = (
    "$6$twin$sb80NQl3jmQ3x0gj3Op.vB0V5oydlxbMYZLjGYRBPb5V/.KCiSmlhGI4McWO7n55DKX2Vp5RSgjDDXl30ts/a0"
)
"""The same in /etc/shadow: crypt(5), SHA-512."""

WITHOUT = (RUNTIME, "etc/docker/daemon.json")
"""Files of other twins that this one gets with a package, or not at all."""

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

# All twins are built with an engine. Before systemd runs, no unit of it runs either.
_FIRST_BOOT = """\
#!/bin/sh
# At the first boot: removes the Docker that all twins are built with, and reads apt's list.
set -eu
done=/var/lib/twin-flashed
[ ! -e "$done" ] || exit 0
# One that is not installed is ignored.
dpkg --force-unsafe-io --purge docker.io docker-cli containerd runc >/dev/null
rm -rf /etc/docker
apt-get -q update >/dev/null
: >"$done"
"""

_UNITS = "etc/systemd/system"


def files() -> Iterator[tuple[str, str, int]]:
    """Yield path, text and mode of each file; a text of the common root filesystem goes."""
    yield "usr/local/bin/date", _DATE, 0o755
    yield f"{_UNITS}/display-manager.service", _DESKTOP, 0o644
    yield "etc/ssh/sshd_config.d/twin.conf", _SSHD, 0o644
    yield "usr/lib/twin/first-boot", _FIRST_BOOT, 0o755
    yield "etc/sudoers.d/nvidia", "# A board that was only flashed has no rule here.\n", 0o440


def links() -> Mapping[str, str]:
    """Return where each link leads."""
    return {
        f"{_UNITS}/default.target": "/lib/systemd/system/graphical.target",
        f"{_UNITS}/graphical.target.wants/display-manager.service": "../display-manager.service",
    }


def offered(packages: str) -> str:
    """Return apt's list in which docker.io brings its client, as Ubuntu's does.

    The newer Debian has a package of its own for that.
    """
    if "\nPackage: docker-cli\n" not in f"\n{packages}":
        return packages
    before, name, after = packages.partition("Package: docker.io\n")
    return before + name + after.replace("\nDepends: ", "\nDepends: docker-cli, ", 1)


def shadow(text: str, user: str) -> str:
    """Return /etc/shadow in which a user has the password."""
    lines = (line.split(":") for line in text.splitlines())
    return "".join(
        ":".join([name, HASH if name == user else password, *rest]) + "\n"
        for name, password, *rest in lines
    )
