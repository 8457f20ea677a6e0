"""Units of systemd for the dead man's switch: its timer, its change, and its service at a boot."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

from jetfleet.board.place import place_of

WANTS = "multi-user.target.wants"

BOOT_UNIT = """\
[Unit]
Description=Put back what jetfleet changed and could not confirm before the boot
DefaultDependencies=no
After=local-fs.target
RequiresMountsFor={folder}
Wants=network-pre.target
Before=network-pre.target NetworkManager.service ssh.service ssh.socket docker.service
Before=nftables.service ufw.service netfilter-persistent.service firewalld.service
Before=sysinit.target shutdown.target
Conflicts=shutdown.target
ConditionPathExists={condition}

[Service]
Type=oneshot
ExecStart=/bin/sh -c '{command}'
TimeoutStartSec=60
"""

SHOWN = 300
"""Characters of what a program said."""


class Failed(Exception):
    """The switch is not armed, and nothing was changed; the text says why, and what to do."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program; what it prints and its status are for the caller."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def run_script(path: str, seconds: float) -> str:
    """Run a script that is a file; return why it failed, or nothing."""
    done = run("timeout", f"{seconds:.0f}", "/bin/sh", path)
    said = " / ".join(done.stdout.strip().splitlines()[-3:])[-SHOWN:]
    return "" if done.returncode == 0 else said or f"it ended with exit status {done.returncode}"


def is_counting(unit: str) -> bool:
    """Tell whether a timer runs."""
    return run("systemctl", "-q", "is-active", f"{unit}.timer").returncode == 0


def start(unit: str, seconds: float, command: str, *, again: bool) -> None:
    """Start a command after `seconds`, as a unit of systemd; raise Failed if that fails.

    Parameters
    ----------
    again:
        Whether a command that fails, as on a full disk, is started again.

    """
    retry = ("-p", "Restart=on-failure", "-p", "RestartSec=10") if again else ()
    stop(unit)
    stop_service(unit)
    done = run(
        *("systemd-run", "--quiet", f"--unit={unit}", f"--on-active={seconds:.0f}s"),
        *("--timer-property=AccuracySec=100ms", "-p", "Type=oneshot"),
        *retry,
        *("/bin/sh", "-c", command),
    )
    if done.returncode:
        raise Failed(f"systemd starts no timer ({done.stdout.strip()}): nothing was changed")


def stop(unit: str) -> None:
    """Stop a timer; a service that it has started goes on."""
    run("systemctl", "stop", f"{unit}.timer")


def stop_service(unit: str) -> None:
    """Stop the service that a timer has started; not for that service itself."""
    run("systemctl", "stop", f"{unit}.service")
    run("systemctl", "reset-failed", f"{unit}.timer", f"{unit}.service")


def enable_at_boot(unit: str, folder: str, condition: str, command: str) -> None:
    """Have the next boot run a command before the network, if `condition` is there.

    Parameters
    ----------
    unit:
        Path of the unit's file. systemd reads it at the next boot.
    folder:
        What the command needs.

    """
    text = BOOT_UNIT.format(folder=folder, condition=condition, command=command)
    units, name = os.path.split(unit)
    with place_of(units, make=True) as place:
        place.write(name, text.encode())
    with place_of(f"{units}/{WANTS}", make=True) as wanted:
        wanted.clear(name)
        os.symlink(unit, name, dir_fd=wanted.fd)
        os.fsync(wanted.fd)


def disable_at_boot(unit: str) -> None:
    """Remove the service of `enable_at_boot`."""
    units, name = os.path.split(unit)
    for path in (f"{units}/{WANTS}/{name}", unit):
        with suppress(FileNotFoundError):
            os.unlink(path)
