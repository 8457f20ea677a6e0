"""A service on a twin as it was started: which start, from which files; and faults for the next."""

from __future__ import annotations

from tests.support.lab import Lab


def fault(name: str) -> dict[str, str]:
    """Variables that let a stand-in server fail in this way."""
    return {"JETFLEET_STANDIN_FAULT": name}


def start_of(lab: Lab, host: str, service: str) -> str:
    """Which start of a service's unit is the last."""
    return lab.sh(host, f"systemctl show -P InvocationID jetfleet-{service}")


def files(lab: Lab, host: str, service: str) -> str:
    """Names, modes, owners and contents of all that a service is started with."""
    return lab.sh(
        host,
        f"find /etc/jetfleet/{service} /etc/systemd/system/jetfleet-{service}.service -type f "
        "-printf '%p %m %u\\n' -exec sha256sum {} + | sort",
    )


def back(service: str) -> str:
    """The message about a service that went back to its old settings."""
    return f"The old {service} is back with its previous settings, and ready."
