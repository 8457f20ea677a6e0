"""The system of a host beside its workload: what every board on a desk or in a rack needs."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jetfleet.spec.docker_options import Hosts, Size
from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.invalid import invalid
from jetfleet.spec.own_file import OwnFiles, OwnUnits, Text
from jetfleet.spec.reach import Reach
from jetfleet.spec.text import Address, Flag, HostPath, Name, Port, User, pattern


def _on_or_off(value: object) -> object:
    """Return a switch as a word: YAML 1.1 reads `off` as false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def number_as_text(value: object) -> object:
    """Return a whole number as the text that it stands for."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


OnOff = Annotated[
    Literal["on", "off"],
    BeforeValidator(_on_or_off),
    WithJsonSchema({"enum": ["on", "off", True, False]}),
]
Off = Annotated[
    Literal["off"], BeforeValidator(_on_or_off), WithJsonSchema({"enum": ["off", False]})
]
PackageName = Annotated[
    str,
    pattern(r"[a-z0-9][a-z0-9+.-]{1,99}", "a Debian package such as tmux", "write its name"),
]
PackagePattern = Annotated[
    str,
    pattern(
        r"[a-z0-9*][a-z0-9+.*-]{0,99}",
        "a Debian package, or a pattern such as cuda-*",
        "write its name, or l4t, kernel or docker for all packages of these",
    ),
]
PackageWanted = Annotated[
    str,
    BeforeValidator(number_as_text),
    pattern(
        r"[A-Za-z0-9][A-Za-z0-9.+:~-]{0,99}\*?",
        "installed, absent or a version such as 27.5.1*",
        "write one of the three",
    ),
]
HostLabel = Annotated[
    str,
    pattern(
        r"(?!.{65})[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
        "a host name of small letters, digits and hyphens",
        "write it as hostname(7) allows it",
    ),
]
Zone = Annotated[
    str,
    pattern(
        r"[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9][A-Za-z0-9_+-]{0,30}){0,2}",
        "a time zone such as Europe/Berlin",
        "write it as `timedatectl list-timezones` shows it",
    ),
]
LocaleName = Annotated[
    str,
    pattern(
        r"(C|[a-z]{2,3}_[A-Z]{2})\.UTF-8", "a locale such as de_DE.UTF-8", "write it with .UTF-8"
    ),
]
GroupName = Annotated[
    str, pattern(r"[a-z_][a-z0-9_-]{0,31}", "a group such as video", "write its name")
]
PublicKey = Annotated[
    str,
    pattern(
        r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]{1,60}) "
        r"[A-Za-z0-9+/]{40,2000}={0,2}( [\x20-\x7e\u00a0-\uffff]{0,200})?",
        "a public key such as `ssh-ed25519 AAAA… name`",
        "write the line of your .pub file; a private key belongs in no spec",
    ),
]
Parameter = Annotated[
    str,
    pattern(
        r"[a-z][a-z0-9_-]{0,60}(\.[a-z0-9_-]{1,60}){1,6}",
        "a parameter of the kernel such as vm.swappiness",
        "write it as `sysctl -a` shows it",
    ),
]
ParameterValue = Annotated[
    str,
    BeforeValidator(number_as_text),
    pattern(
        r"[A-Za-z0-9._-]{1,60}( [A-Za-z0-9._-]{1,60}){0,9}", "a number or a word", "write its value"
    ),
    WithJsonSchema({"type": ["string", "integer"]}),
]


def _certificate(text: str) -> str:
    """Return one certificate in PEM form, its lines without blanks around them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    begin, *body, end = lines if len(lines) > _LEAST else ["", ""]
    if (begin, end) != (_BEGIN, _END) or not all(map(_BASE64.fullmatch, body)):
        raise invalid(
            "one certificate in PEM form", f"write its lines from {_BEGIN} to {_END}", "other text"
        )
    return "".join(f"{line}\n" for line in lines)


_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1,76}={0,2}")
_LEAST = 4
"""Lines of the shortest certificate."""

Certificate = Annotated[Text, AfterValidator(_certificate)]


class Apt(SpecModel):
    """Packages of a host, and what apt must not upgrade."""

    packages: Annotated[dict[PackageName, PackageWanted], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        max_length=300,
        description="a mapping of packages to installed, absent, or a version such as 27.5.1*",
    )
    hold: tuple[PackagePattern, ...] = Field(
        default=(),
        max_length=100,
        description="a list of what no upgrade changes: l4t, kernel, docker, or patterns of "
        "package names; unattended-upgrades leaves them too",
    )


class ClockSettings(SpecModel):
    """How the clock of a host is kept right."""

    set: Flag = Field(
        default=False,
        description="whether a clock that is wrong is set by that of the workstation",
    )
    ntp: tuple[Address, ...] = Field(
        default=(), max_length=10, description="a list of time servers, asked by systemd-timesyncd"
    )


class UserSettings(SpecModel):
    """A user of a host; groups and keys that the board has besides stay."""

    groups: tuple[GroupName, ...] = Field(
        default=(), max_length=40, description="a list of groups, such as [docker, video]"
    )
    keys: tuple[PublicKey, ...] = Field(
        default=(), max_length=100, description="a list of public keys that may log in"
    )
    shell: HostPath | None = Field(default=None, description="the login shell, such as /bin/bash")


class Journal(SpecModel):
    """Limits of the system's log."""

    max_use: Size | None = Field(default=None, description="most room on the disk, such as 500m")
    max_days: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = Field(
        default=None, description="days after which entries are removed"
    )


class SwapSettings(SpecModel):
    """The swap file of a host."""

    size: Size = Field(description="its size, such as 16g")
    path: HostPath | None = Field(
        default=None, description="its path; left out, jetfleet.swap in the mount of `storage`"
    )


class Monitoring(SpecModel):
    """What measures a host."""

    jtop: Flag = Field(
        default=False, description="whether jtop (jetson-stats) is installed, and its service runs"
    )
    node_exporter: Port | None = Field(
        default=None, description="the port of Prometheus' node exporter, such as 9100"
    )


class System(Reach):
    """Keys of a host that are about its system; what is left out stays as the board has it."""

    hostname: HostLabel | None = Field(
        default=None, description="the name that the board has for itself"
    )
    timezone: Zone | None = Field(default=None, description="the time zone, such as Europe/Berlin")
    locale: LocaleName | None = Field(
        default=None, description="the locale of the system's programs, such as de_DE.UTF-8"
    )
    clock: ClockSettings | None = Field(default=None, description="how the clock is kept right")
    desktop: OnOff | None = Field(
        default=None, description="whether the graphical desktop starts at boot and runs"
    )
    headless: Flag = Field(
        default=False,
        description="whether services that a board without a screen does not need are switched "
        "off: bluetooth, cups, packagekit, snapd",
    )
    users: Annotated[dict[User, UserSettings], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict, max_length=100, description="a mapping of users by name"
    )
    apt: Apt | None = Field(default=None, description="packages, and what apt must not upgrade")
    files: OwnFiles = Field(
        default_factory=FrozenDict,
        max_length=300,
        description="a mapping of paths on the board to files of your own",
    )
    units: OwnUnits = Field(
        default_factory=FrozenDict,
        max_length=100,
        description="a mapping of systemd units, your own or the board's, by name",
    )
    journal: Journal | None = Field(default=None, description="limits of the system's log")
    sysctl: Annotated[dict[Parameter, ParameterValue], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        max_length=100,
        description="a mapping of parameters of the kernel, such as vm.swappiness: 10",
    )
    certificates: Annotated[dict[Name, Certificate], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        max_length=50,
        description="a mapping of names to certificates (PEM) of authorities to trust",
    )
    extra_hosts: Hosts = Field(
        default_factory=FrozenDict,
        max_length=300,
        description="a mapping of host names to addresses, for /etc/hosts",
    )
    zram: Off | None = Field(
        default=None, description="off: no compressed swap in memory, which L4T has by default"
    )
    swap: SwapSettings | None = Field(default=None, description="a swap file, on the NVMe")
    monitoring: Monitoring | None = Field(default=None, description="what measures the host")
