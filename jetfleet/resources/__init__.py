"""Resources: one thing on a host with a desired state; one file or folder a kind.

`KINDS` is the order in which kinds are surveyed and, inside a role, converged.
"""

from __future__ import annotations

from typing import Any

from jetfleet.resources.access import Access
from jetfleet.resources.adopted import (
    AdoptedDaemon,
    AdoptedFilesystem,
    AdoptedModel,
    AdoptedService,
)
from jetfleet.resources.applied import Applied, Removal
from jetfleet.resources.apt_source import AptSource
from jetfleet.resources.base import Change, Resource, RunOptions, Unreadable
from jetfleet.resources.board import Board
from jetfleet.resources.clocks import Clocks
from jetfleet.resources.clocks_free import FreeClocks
from jetfleet.resources.daemon import Daemon
from jetfleet.resources.desktop import Desktop
from jetfleet.resources.docker_leftovers import DockerLeftovers
from jetfleet.resources.docker_packages import DockerPackages
from jetfleet.resources.fan import Fan
from jetfleet.resources.file import File
from jetfleet.resources.filesystem import Filesystem
from jetfleet.resources.hold import Hold
from jetfleet.resources.host_names import HostNames
from jetfleet.resources.hostname import Hostname
from jetfleet.resources.image import Image
from jetfleet.resources.jetpack import JetPack
from jetfleet.resources.leftovers import Leftovers
from jetfleet.resources.locale import Locale
from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.network import Network
from jetfleet.resources.ollama import OllamaModel
from jetfleet.resources.package import Package
from jetfleet.resources.package_absent import PackageAbsent
from jetfleet.resources.package_version import PackageVersion
from jetfleet.resources.power import PowerMode
from jetfleet.resources.reboot import Rebooted
from jetfleet.resources.runtime_mode import RuntimeMode
from jetfleet.resources.service import Service
from jetfleet.resources.swap import Swap
from jetfleet.resources.sysctl import Sysctl
from jetfleet.resources.time_of_day import TimeOfDay
from jetfleet.resources.timezone import Timezone
from jetfleet.resources.trust import Trust
from jetfleet.resources.unit import Unit
from jetfleet.resources.unit_off import UnitOff
from jetfleet.resources.unit_up import UnitUp
from jetfleet.resources.user import User
from jetfleet.resources.venv import Venv
from jetfleet.resources.zram import Zram

KINDS: tuple[type[Resource[Any]], ...] = (
    Board,
    Network,
    Access,
    JetPack,
    TimeOfDay,
    AptSource,
    Package,
    PackageVersion,
    PackageAbsent,
    DockerPackages,
    Hostname,
    HostNames,
    Timezone,
    Locale,
    Desktop,
    User,
    Filesystem,
    AdoptedFilesystem,
    Zram,
    Swap,
    File,
    Hold,
    Sysctl,
    Trust,
    Venv,
    UnitOff,
    Daemon,
    AdoptedDaemon,
    RuntimeMode,
    PowerMode,
    Clocks,
    FreeClocks,
    Fan,
    Rebooted,
    Image,
    Unit,
    UnitUp,
    Model,
    OllamaModel,
    AdoptedModel,
    Service,
    AdoptedService,
    Leftovers,
    DockerLeftovers,
    Removal,
    Applied,
)

Resources = list[Resource[Any]]
"""What a role wants on a host, in order."""

__all__ = [
    "KINDS",
    "Access",
    "AdoptedDaemon",
    "AdoptedFilesystem",
    "AdoptedModel",
    "AdoptedService",
    "Applied",
    "AptSource",
    "Board",
    "Change",
    "Clocks",
    "Daemon",
    "Desktop",
    "DockerLeftovers",
    "DockerPackages",
    "Fan",
    "File",
    "Filesystem",
    "FreeClocks",
    "Hold",
    "HostNames",
    "Hostname",
    "Image",
    "JetPack",
    "Leftovers",
    "Locale",
    "Model",
    "ModelFile",
    "Network",
    "OllamaModel",
    "Package",
    "PackageAbsent",
    "PackageVersion",
    "PowerMode",
    "Rebooted",
    "Removal",
    "Resource",
    "Resources",
    "RunOptions",
    "RuntimeMode",
    "Service",
    "Swap",
    "Sysctl",
    "TimeOfDay",
    "Timezone",
    "Trust",
    "Unit",
    "UnitOff",
    "UnitUp",
    "Unreadable",
    "User",
    "Venv",
    "Zram",
]
