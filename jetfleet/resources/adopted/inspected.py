"""What `docker inspect` prints of a container and an image, as the survey of containers asks it."""

from __future__ import annotations

from pydantic import ConfigDict

from jetfleet.resources.base import Row


class Mount(Row):
    """A folder or volume in a container."""

    Type: str = ""
    Name: str = ""
    Source: str = ""
    Destination: str
    RW: bool = True


class Host(Row):
    """Docker's HostConfig of a container; keys beside these are read where they are set."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    AutoRemove: bool
    CapAdd: list[str] | None
    DeviceRequests: list[DeviceRequest] | None
    Devices: list[Device] | None
    ExtraHosts: list[str] | None
    GroupAdd: list[str] | None
    IpcMode: str
    Memory: int
    NetworkMode: str
    PidMode: str
    PortBindings: dict[str, list[Binding] | None] | None
    Privileged: bool
    RestartPolicy: Restart | None
    Runtime: str
    SecurityOpt: list[str] | None
    ShmSize: int
    Ulimits: list[Ulimit] | None


class DeviceRequest(Row):
    """A request for GPUs, or for devices by their names of CDI."""

    Driver: str = ""
    Count: int = 0
    DeviceIDs: list[str] | None = None
    Capabilities: list[list[str]] | None = None
    Options: dict[str, str] | None = None


class Device(Row):
    """A device of the board in a container."""

    PathOnHost: str
    PathInContainer: str = ""
    CgroupPermissions: str = ""


class Binding(Row):
    """A published port."""

    HostIp: str = ""
    HostPort: str = ""


class Restart(Row):
    """When Docker starts it again."""

    Name: str = ""
    MaximumRetryCount: int = 0


class Ulimit(Row):
    """A limit of its processes."""

    Name: str
    Soft: int
    Hard: int


class Inspected(Row):
    """A container."""

    name: str
    id: str
    image_id: str
    image: str
    path: str
    args: list[str] | None
    tty: bool
    user: str
    labels: dict[str, str] | None
    status: str
    mounts: list[Mount] | None
    host: Host
    workdir: str = ""
    cmd: list[str] | None = None
    entrypoint: list[str] | None = None


class InspectedImage(Row):
    """An image."""

    image_id: str
    digests: list[str] | None
    user: str = ""
    workdir: str = ""
    cmd: list[str] | None = None
    entrypoint: list[str] | None = None
