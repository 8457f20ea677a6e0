"""What a deploy says: `apply`, `check_login`, `verify`, `status`, `prune`, `bench`, `lease`, `log`.

Each is pyinfra's work, which is imported when pyinfra executes the deploy. Where the deploy is only
read for its roles (`jetfleet.fleet.deploy`), nothing of pyinfra is loaded.
"""

# ruff: noqa: PLC0415 - see above
from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.fleet.deploy import end_of_reading

if TYPE_CHECKING:
    from jetfleet.role.role import Role

__all__ = ["apply", "bench", "check_login", "lease", "log", "prune", "status", "verify"]


def apply(*roles: Role) -> None:
    """Converge this host's resources of these roles, in this order."""
    end_of_reading(roles)
    from jetfleet.converge import deploy

    deploy.apply(roles)


def check_login() -> None:
    """Log in once more, by the user's key alone, where this run has logged in by other means.

    It stands below `apply`, and only where pyinfra executes the deploy.
    """
    from jetfleet.converge import login

    login.check_login()


def prune() -> None:
    """Remove models that nothing refers to, where ``--data prune=yes`` allows it; else list them.

    Like `verify` and `status`, it judges the deploy that ``--data deploy=FILE`` names, or else
    ``deploys/llm.py``.
    """
    end_of_reading(None)
    from jetfleet.converge import deploy

    deploy.prune()


def verify() -> None:
    """Check models and services of this host; change nothing."""
    end_of_reading(None)
    from jetfleet.converge import deploy

    deploy.verify()


def status() -> None:
    """Read this host, and compare it with what the roles want on it; change nothing."""
    end_of_reading(None)
    from jetfleet.converge import inspection

    inspection.status()


def bench() -> None:
    """Benchmark the services of this host.

    ``--data loads=high,low`` names loads (``all`` is every one), ``--data runs=N`` how often each
    is measured, ``--data results=FOLDER`` where the files go.
    """
    end_of_reading(None)
    from jetfleet.converge import measure

    measure.bench()


def lease() -> None:
    """Read the lease of this host; with ``--data steal=TOKEN`` take it from its run."""
    end_of_reading(None)
    from jetfleet.converge import asking

    asking.leases()


def log() -> None:
    """Read the audit log of this host into the run folder."""
    end_of_reading(None)
    from jetfleet.converge import asking

    asking.log()
