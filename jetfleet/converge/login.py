"""The login on a board: how this run has logged in, and whether the user's key does from now on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from paramiko import SSHException
from pyinfra.context import host

from jetfleet.converge.rows import Questions
from jetfleet.converge.say import say, say_error
from jetfleet.events.event import Verified
from jetfleet.events.write import log_event
from jetfleet.hostkeys.check import CheckedTransport
from jetfleet.hostkeys.transport import Transport
from jetfleet.inventory import current
from jetfleet.inventory.connection import login_of
from jetfleet.inventory.route import reached

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

_CHECKS = Questions()

_REFUSED = (
    "its key is in authorized_keys, and sshd does not take it: look at `PubkeyAuthentication`, "
    "`AuthorizedKeysFile`, `AllowUsers` and `Match` in /etc/ssh/sshd_config, and at "
    "`journalctl -u ssh`"
)


def logged_in_by(host: Host) -> str:
    """Return what a board has accepted: ``key``, ``first key`` or ``password``."""
    client = getattr(host.connector, "client", None)
    transport = client.get_transport() if client else None
    return transport.logged_in_by if isinstance(transport, Transport) else "key"


def check_login() -> None:
    """Add the check of this host, if it was not the user's own key that logged in."""
    if logged_in_by(host) != "key":
        _CHECKS.add("bootstrap | Log in by key", "login", partial(_logs_in))


def _logs_in(state: State, host: Host) -> bool:
    """Log in on a new connection, by the user's own key alone; tell whether that works."""
    del state
    fleet = current()
    spec, known = fleet.spec.host(host.name), fleet.workstation.pinned()
    way = reached(spec, fleet.workstation, known)
    checked = CheckedTransport(
        known, way.address, way.port, str(fleet.workstation.known_hosts), config=way.config
    )
    reason = ""
    try:
        login_of(spec, fleet, way, by_key=True).on(lambda: checked(way.open())).close()
    except (SSHException, OSError, EOFError) as error:
        reason = f"{spec.ssh.user} cannot log in by key yet ({type(error).__name__}): {_REFUSED}"
        say_error(host, reason)
    else:
        say(host, f"{spec.ssh.user} logs in by key from now on")
    log_event(Verified(host=host.name, what="login", ok=not reason, reason=reason))
    return not reason
