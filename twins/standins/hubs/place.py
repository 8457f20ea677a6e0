"""Where a stand-in hub is, and which keys it accepts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """A key that a hub accepts, made once for a fleet.

    Parameters
    ----------
    file:
        Name of its file among the keys of the fleet.
    prefix:
        Its first characters.
    variable:
        Environment variable of the workstation that has it; empty if only tests use it.
    licensed:
        Whether its account has accepted the licences.

    """

    file: str
    prefix: str
    variable: str = ""
    licensed: bool = True


@dataclass(frozen=True)
class Place:
    """One hub: its names, its store and its keys.

    Parameters
    ----------
    hub:
        Its name in `models.yaml`.
    hosts:
        Host names that it answers under, the first for logs and counters.
    endpoints:
        Names of its endpoints in an overlay.
    store, store_prefix:
        Host name of the store to which it redirects downloads, and how all paths there begin;
        empty without a store.
    keys:
        The keys that it accepts.
    version:
        Version of a model that names none.
    versioned:
        Whether its own client writes a model as ``NAME:VERSION``.

    """

    hub: str
    hosts: tuple[str, ...]
    endpoints: tuple[str, ...]
    store: str = ""
    store_prefix: str = ""
    keys: tuple[Key, ...] = ()
    version: str = ""
    versioned: bool = False
