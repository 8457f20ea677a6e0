"""What `docker inspect` prints of a container and an image, as the survey of containers asks it."""

from __future__ import annotations

from jetfleet.resources.base import Row


class Mount(Row):
    """A folder or volume in a container."""

    Type: str = ""
    Name: str = ""
    Source: str = ""
    Destination: str
    RW: bool = True


class Host(Row):
    """Docker's HostConfig of a container."""

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
    """A request for GPUs."""

    Count: int = 0


class Device(Row):
    """A device of the board in a container."""

    PathOnHost: str


class Binding(Row):
    """A published port."""

    HostIp: str = ""
    HostPort: str = ""


class Restart(Row):
    """When Docker starts it again."""

    Name: str = ""


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


class InspectedImage(Row):
    """An image."""

    image_id: str
    digests: list[str] | None
