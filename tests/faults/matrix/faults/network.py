"""Faults between a board and others: SSH, names, hubs, certificates."""

from __future__ import annotations

from tests.faults.matrix.fault import LOST, LOST_REMEDY, Fault, only, without
from tests.faults.matrix.phase import CONNECT, FETCH, PULL, READY, REBOOT

_AWAY = without((REBOOT,), "the board has no connection while it reboots")
_FETCHES = only((PULL, FETCH), "nothing is fetched in it")
_SESSIONS = "pkill -KILL -f '[s]shd: nvidia'"
_WIRE = "ip link set host0"
_REFUSE = (
    "iptables -I OUTPUT -p tcp --dport 443 -j REJECT --reject-with tcp-reset; "
    "iptables -I INPUT -p tcp --sport 443 -j REJECT --reject-with tcp-reset"
)
_ALLOW = _REFUSE.replace("-I", "-D")
_CA = "/etc/ssl/certs/ca-certificates.crt"

FAULTS = (
    Fault(
        "network-cut",
        "the network of the board is away for five seconds",
        f"{_WIRE} down; (sleep 5; {_WIRE} up) </dev/null >/dev/null 2>&1 &",
        f"{_WIRE} up",
        says=rf"{LOST}|unreachable",
        remedy=LOST_REMEDY,
        left_out=_AWAY,
        seconds=15,
    ),
    Fault(
        "session-killed",
        "the SSH session ends",
        _SESSIONS,
        says=LOST,
        remedy=LOST_REMEDY,
        left_out=_AWAY | without((CONNECT,), "no session exists before it"),
    ),
    Fault(
        "sshd-gone",
        "sshd goes away and does not come back",
        f"systemctl stop ssh; {_SESSIONS}; true",
        "systemctl start ssh",
        says=LOST,
        remedy=LOST_REMEDY,
        left_out=_AWAY,
        seconds=90,
    ),
    Fault(
        "hubs-refuse",
        "registry and hubs refuse connections of the board for ten seconds",
        f"{_REFUSE}; (sleep 10; {_ALLOW}) </dev/null >/dev/null 2>&1 &",
        f"{{ {_ALLOW}; }} 2>/dev/null; true",
        says=r"could not (pull|fetch)",
        remedy="run again",
        left_out=_FETCHES,
        seconds=60,
    ),
    Fault(
        "hosts-broken",
        "the file of host names is rubbish",
        "cp /etc/hosts /run/hosts-before; printf '\\377\\000rubbish' > /etc/hosts",
        "cat /run/hosts-before > /etc/hosts",
        says=r"could not (pull|fetch).*([Nn]ame resolution|lookup)",
        remedy="run again|check",
        left_out=only((CONNECT, PULL, FETCH, READY), "no name is looked up in it"),
        before=True,
        seconds=60,
    ),
    Fault(
        "bad-tls",
        "the board trusts no certificate",
        f"cp {_CA} /run/ca-before; : > {_CA}",
        f"cat /run/ca-before > {_CA}",
        says=r"could not fetch.*(certificate|TLS|SSL)",
        remedy="run again|check",
        left_out=only((FETCH,), "nothing new is connected over TLS in it (Docker keeps its list)"),
        before=True,
        seconds=60,
    ),
)
