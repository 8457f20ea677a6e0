"""The spec as frozen models, merged and checked.

Every model is frozen and refuses unknown keys; lists are tuples and mappings cannot be changed. A
`HostSpec` is the merged body of defaults, board, groups and host. The description of each field
appears in errors and in the JSON Schema for editors.
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator

from jetfleet.spec.adopted import Adopted, AdoptedService
from jetfleet.spec.docker_install import DockerInstall
from jetfleet.spec.docker_options import Size
from jetfleet.spec.free import FreeJson, RoleBodies
from jetfleet.spec.frozen import FrozenDict, SpecModel
from jetfleet.spec.image_ref import ImageRef
from jetfleet.spec.invalid import invalid
from jetfleet.spec.offline import Offline
from jetfleet.spec.proxy import Proxy
from jetfleet.spec.reboot import RebootWhen
from jetfleet.spec.registry import Registries, Registry
from jetfleet.spec.secret import Secret
from jetfleet.spec.service import Service, Waived
from jetfleet.spec.services import SERVICES, AnyService, services_of
from jetfleet.spec.source import Source
from jetfleet.spec.ssh import Ssh
from jetfleet.spec.system import System
from jetfleet.spec.text import (
    Address,
    Description,
    Device,
    Flag,
    FreeText,
    HostPath,
    L4tVersion,
    MountOption,
    Name,
    Port,
    Rate,
    Sha256,
    Version,
)

__all__ = [
    "Docker",
    "HostSpec",
    "ModelSpec",
    "ModelsOnHost",
    "Offline",
    "Power",
    "Proxy",
    "Registry",
    "Service",
    "Ssh",
    "Storage",
]


if TYPE_CHECKING:
    Services = tuple[Service, ...]
else:
    Services = services_of(SERVICES, AnyService)


class Storage(SpecModel):
    """The data disk of a host and its mount point; only a blank disk is formatted, if allowed."""

    device: Device = Field(
        description="the whole disk, such as /dev/nvme0n1, or best a name in /dev/disk/by-id"
    )
    mount: HostPath = Field(description="the folder where the disk is mounted, such as /mnt/nvme")
    filesystem: Literal["ext4"] = Field(default="ext4", description="the filesystem")
    format: Literal["never", "if-blank"] = Field(
        default="never", description="whether a blank disk may be formatted"
    )
    options: tuple[MountOption, ...] = Field(
        default=(), description="mount options, such as [noatime]"
    )


class Docker(SpecModel):
    """The Docker engine of a host; keys of daemon.json that are not in the spec are kept."""

    install: DockerInstall = Field(
        default=DockerInstall(), description="what apt installs where the board lacks it"
    )
    raw_table: Literal["needed", "skip"] = Field(
        default="needed",
        description="whether Docker 28 and later writes rules into iptables' raw table; `skip` for "
        "a kernel without it: published ports are less protected then",
    )
    data_root: HostPath | None = Field(default=None, description="the folder that holds images")
    move: Flag = Field(
        default=False,
        description="whether the engine's data are copied when it gets another `data_root`; the "
        "old folder stays until `jetfleet prune`",
    )
    default_runtime: Name | None = Field(
        default="nvidia",
        description="the runtime of containers that set none: nvidia, runc or one of runtimes",
    )
    nvidia_mode: Literal["auto", "csv", "cdi"] | None = Field(
        default=None,
        description="how NVIDIA's runtime gives the GPU's devices to containers; by default as on "
        "the board",
    )
    images_max_use: Size | None = Field(
        default=None,
        description="most room that images may take, such as 60g: above it, an apply removes "
        "images that it has pulled and nothing needs, the oldest first",
    )
    seed: Flag = Field(
        default=False,
        description="whether the host serves its images to the hosts of its groups; it keeps a "
        "compressed copy of each",
    )
    daemon: FreeJson = Field(
        default_factory=FrozenDict,
        description="more keys of daemon.json, merged with those on the board",
    )

    @property
    def uses_containerd(self) -> bool:
        """Whether the spec asks for containerd's image store, which does not use `data_root`."""
        features = self.daemon.get("features")
        return isinstance(features, dict) and features.get("containerd-snapshotter") is True


class Power(SpecModel):
    """The power mode of a host by name, whether its clocks are locked or free, and its fan."""

    mode: FreeText | None = Field(
        default=None, description="a power mode by its name, such as MAXN"
    )
    clocks: Literal["locked", "free"] | None = Field(
        default=None,
        description="locked: at the highest of the mode, by jetson_clocks, now and after each "
        "boot; free: not locked, also if jetson_clocks was run by hand; left out, they stay as "
        "they are",
    )
    fan: Name | None = Field(
        default=None, description="a profile of nvfancontrol by its name, such as cool or quiet"
    )


class ModelsOnHost(SpecModel):
    """Where a host keeps models, and models that it has besides those of its services."""

    dir: HostPath = Field(
        default="/var/lib/jetfleet/models", description="the folder that holds models"
    )
    use: tuple[Name, ...] = Field(default=(), description="a list of model names")
    ollama_store: HostPath | None = Field(
        default=None, description="the store of an Ollama server, its OLLAMA_MODELS"
    )
    max_rate: Rate | None = Field(
        default=None, description="maximum bytes per second of a fetch, such as 20M"
    )
    seed: Flag = Field(
        default=False, description="whether the host serves its models to the hosts of its groups"
    )
    prune: Flag = Field(
        default=False, description="whether an apply removes models that the spec no longer uses"
    )


class HostSpec(System):
    """One Jetson: the merged body of defaults, its board, its groups and the host itself."""

    name: Name
    board: Name | None = Field(default=None, description="the name of a board under `boards`")
    groups: tuple[Name, ...] = Field(default=(), description="a list of names under `groups`")
    description: Description = Field(default="", description="free text for people")
    address: Address = Field(description="the host's IP address or DNS name")
    port: Port = Field(default=22, description="the port of its SSH server, 1 to 65535")
    ssh: Ssh = Field(default=Ssh(), description="how pyinfra logs in")
    module: Name = Field(description="a module of the catalog, such as agx-orin-64gb")
    jetpack: Version = Field(description='the JetPack version, such as "6.2"')
    l4t: L4tVersion | None = Field(
        default=None,
        description='the L4T version, such as "36.4.3"; by default the newest of the JetPack',
    )
    upgrade: Literal["never", "minor"] = Field(
        default="never",
        description="whether a run that allows it may upgrade L4T to a later release of the same "
        "major, such as 36.4 to 36.5",
    )
    storage: Storage | None = Field(default=None, description="the disk for images and models")
    docker: Docker | None = Field(default=None, description="the Docker engine")
    proxy: Proxy | None = Field(
        default=None, description="the HTTP proxy through which it reaches the internet"
    )
    registries: Registries = Field(
        default_factory=FrozenDict,
        description="registries of images by host: logins, mirrors, and which are insecure",
    )
    offline: Offline | None = Field(
        default=None, description="the bundle that serves it, if it opens no connection itself"
    )
    power: Power | None = Field(default=None, description="power mode, clocks and fan")
    reboot: RebootWhen | None = Field(
        default=None,
        description="when an apply may reboot the board without `--reboot`: if-needed, in a window "
        "such as 02:00-04:00 of this computer's time, or never, not even with it",
    )
    removal: Literal["apply", "ask", "never"] = Field(
        default="apply",
        description="whether an apply removes what it has put on the host and the spec no longer "
        "has: always, only with --prune, or never",
    )
    models: ModelsOnHost = Field(default=ModelsOnHost(), description="the models on the host")
    waive: Waived = Field(
        default_factory=FrozenDict, description="a mapping of rules to waive to reasons"
    )
    images: tuple[ImageRef, ...] = Field(
        default=(), description="a list of images that are pulled besides those of its services"
    )
    services: Services = Field(default=(), description="a mapping of service names to services")
    roles: RoleBodies = Field(
        default_factory=FrozenDict, description="a mapping of roles to their settings"
    )
    adopted: Adopted | None = Field(
        default=None, description="what was set up by hand; it is compared, never changed"
    )

    @field_validator("reboot")
    @classmethod
    def _ends_upgrades(cls, when: str | None, info: ValidationInfo) -> str | None:
        if when == "never" and info.data.get("upgrade") == "minor":
            raise invalid(
                "if-needed or a window such as 02:00-04:00",
                "an upgrade of L4T ends with a reboot: write one of these, or remove "
                "`upgrade: minor`",
            )
        return when

    @property
    def adopted_services(self) -> tuple[AdoptedService, ...]:
        """The services that were set up by hand."""
        return self.adopted.services if self.adopted else ()

    @property
    def model_names(self) -> tuple[str, ...]:
        """Names of the models on the host: `models.use`, then those of its services, each once."""
        served = (name for service in self.services for name in service.model_names)
        return tuple(dict.fromkeys((*self.models.use, *served)))

    @property
    def ollama_store(self) -> str | None:
        """The store of the host's Ollama server, its OLLAMA_MODELS; None without a server."""
        serves = any(service.ollama_store for service in self.services)
        return self.models.ollama_store or (f"{self.models.dir}/ollama" if serves else None)


class ModelSpec(SpecModel):
    """A model: its source, which of its files, and a reference to the hub's key."""

    name: Name
    source: Source = Field(description="hub, name and version, as in hf:ORG/NAME@REVISION")
    api_key: Secret | None = Field(default=None, description="a reference to the hub's key")
    include: tuple[FreeText, ...] = Field(
        default=(), description="a list of patterns; only files that match one are taken"
    )
    exclude: tuple[FreeText, ...] = Field(
        default=(), description="a list of patterns; files that match one are excluded"
    )
    sha256: Sha256 | None = Field(
        default=None, description="the SHA-256 of the file, for an https source"
    )

    @property
    def hub(self) -> str:
        """The name of its source's hub."""
        return self.source.hub
