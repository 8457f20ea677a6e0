"""What a board says or holds that jetfleet did not write: shells, texts, limits of its sshd."""

from __future__ import annotations

from tests.faults.matrix.fault import Fault, only
from tests.faults.matrix.phase import CONNECT, DOCKER, FETCH, PULL, READY, UPLOAD, WRITE

_ALL = only((CONNECT, WRITE, DOCKER, PULL, UPLOAD, FETCH, READY), "the same scripts run in it")
_ONCE = only((CONNECT,), "the file is read by the survey, and by nothing else")
_BASHRC = "/home/nvidia/.bashrc"
_CONFIG = "/etc/docker/daemon.json"
_SSHD = "/etc/ssh/sshd_config.d/00-matrix.conf"
_FILE_REMEDY = r"repair|correct|look at|remove|write"


def _shell(name: str, what: str, line: str) -> Fault:
    """Return a fault of the login shell, which bash reads for every command over SSH."""
    return Fault(
        name,
        what,
        f"cp {_BASHRC} /run/bashrc-before; sed -i '1i {line}' {_BASHRC}",
        f"cat /run/bashrc-before > {_BASHRC}",
        left_out=_ALL,
        before=True,
    )


def _fstab(name: str, what: str, text: str) -> Fault:
    return Fault(
        name,
        what,
        f"cp /etc/fstab /run/fstab-before; printf '{text}' >> /etc/fstab",
        "cat /run/fstab-before > /etc/fstab",
        says="fstab",
        remedy=_FILE_REMEDY,
        left_out=_ONCE,
    )


def _daemon(name: str, what: str, script: str) -> Fault:
    return Fault(
        name,
        what,
        f"cp {_CONFIG} /run/daemon-before; {script}",
        f"cat /run/daemon-before > {_CONFIG}",
        says="daemon.json",
        remedy=_FILE_REMEDY,
        left_out=_ONCE,
    )


def _sshd(name: str, what: str, line: str, says: str) -> Fault:
    return Fault(
        name,
        what,
        f"echo '{line}' > {_SSHD}; systemctl reload ssh",
        f"rm -f {_SSHD}; systemctl reload ssh",
        says=says,
        remedy=r"allow|remove|write|set|sshd_config|authorized_keys",
        left_out=_ONCE,
        seconds=30,
    )


FAULTS = (
    _shell("banner", "the login shell prints a line", "echo Welcome to the robot"),
    _shell(
        "banner-rubbish",
        "the login shell prints bytes and codes",
        'printf "\\\\377\\\\033]0;x\\\\007"',
    ),
    _shell("shell-slow", "the login shell takes two seconds", "sleep 2"),
    _fstab("fstab-latin-1", "`/etc/fstab` has a comment in Latin-1", "# f\\374r uns\\n"),
    _fstab("fstab-codes", "`/etc/fstab` has terminal codes", "# \\033]0;title\\007\\033[2J\\n"),
    _fstab("fstab-nul", "`/etc/fstab` has a NUL byte", "# a\\000b\\n"),
    _daemon("daemon-empty", f"`{_CONFIG}` is empty", f": > {_CONFIG}"),
    _daemon("daemon-list", f"`{_CONFIG}` is a list", f"echo '[]' > {_CONFIG}"),
    _daemon("daemon-comment", f"`{_CONFIG}` has a comment", f"echo '// x' >> {_CONFIG}"),
    _daemon(
        "daemon-deep",
        f"`{_CONFIG}` is nested 100,000 deep",
        f"head -c 100000 /dev/zero | tr '\\0' '[' > {_CONFIG}",
    ),
    _daemon(
        "daemon-number",
        f"`{_CONFIG}` has a number of 5,000 digits",
        f"printf '{{\"mtu\": 1%05000d}}' 0 > {_CONFIG}",
    ),
    _daemon("daemon-large", f"`{_CONFIG}` has 32 MB", f"truncate -s 32M {_CONFIG}"),
    _sshd(
        "forced-command",
        "sshd runs another command in place of ours",
        "ForceCommand /bin/false",
        r"[Ff]orce|command",
    ),
    _sshd("no-sessions", "sshd allows no session", "MaxSessions 0", r"MaxSessions|session"),
    Fault(
        "sudo-password",
        "sudo asks for a password",
        "mv /etc/sudoers.d/nvidia /run/sudoers-before",
        "mv /run/sudoers-before /etc/sudoers.d/nvidia",
        says=r"sudo",
        remedy=r"NOPASSWD|password",
        left_out=_ONCE,
        seconds=30,
    ),
    Fault(
        "user-lock",
        "a local user locks what is there to lock for 20 seconds",
        "for one in $(find /run /var/lib/jetfleet -maxdepth 2 -name '*jetfleet*' -type f); do "
        'su nvidia -s /bin/sh -c "flock -x $one sleep 20" </dev/null >/dev/null 2>&1 & done; true',
        left_out=only((CONNECT, WRITE, READY), "it is the same lock"),
        before=True,
    ),
)
