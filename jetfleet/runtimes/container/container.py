"""The container of a spec: mounts, devices, ports, and the preset of `jetson-containers run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.containers import Container, Mount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.resources import Image
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.container.spec import ContainerService

# What `jetson-containers run` gives a container on a Jetson, but for /var/run/docker.sock: who has
# that is root on the board, so a spec has to write it itself.
# https://github.com/dusty-nv/jetson-containers/blob/master/run.sh
_PRESET_MOUNTS = (
    ("/tmp/argus_socket", "/tmp/argus_socket:rw"),  # noqa: S108 - the camera daemon's own place
    ("/tmp/nv_jetson_model", "/tmp/nv_jetson_model"),  # noqa: S108 - a file of the board's release
    ("/etc/enctune.conf", "/etc/enctune.conf"),
    ("/etc/nv_tegra_release", "/etc/nv_tegra_release"),
    ("/var/run/dbus", "/var/run/dbus:rw"),
    ("/var/run/avahi-daemon/socket", "/var/run/avahi-daemon/socket:rw"),
    ("/etc/localtime", "/etc/localtime"),
    ("/etc/timezone", "/etc/timezone"),
    ("/run/jtop.sock", "/run/jtop.sock:rw"),
)
_PRESET_DEVICES = ("/dev/snd", "/dev/bus/usb", "/dev/video*", "/dev/i2c-[0-9]", "/dev/ttyACM*")
_PRESET_OPTIONS = (("--shm-size", "8g"),)


def container(inputs: RoleInput, service: ContainerService, image: Image) -> Container:
    """Return the container as the spec describes it."""
    preset = service.preset is not None
    models = tuple(inputs.model(name) for name in service.models)
    return Container(
        image=image,
        mounts=(
            *(Mount(model.folder, f"/models/{model.name}") for model in models),
            *(Mount.written(board, inside) for board, inside in service.mounts.items()),
            *(preset_mounts(service) if preset else ()),
        ),
        entrypoint=service.entrypoint,
        command=service.command,
        models=models,
        options=_PRESET_OPTIONS if preset and not service.ipc else (),
        devices=(*service.devices, *(_PRESET_DEVICES if preset else ())),
        ports=service.ports,
        address=published_at(service.host),
        capabilities="compute,utility,graphics" if preset else "compute,utility",
    )


def published_at(host: str) -> str:
    """Return the address of a service as `docker run -p` takes it; empty for every address."""
    return {"0.0.0.0": "", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - replaced, never bound


def preset_mounts(service: ContainerService) -> Iterator[Mount]:
    """Yield the preset's mounts, but for places where the spec mounts something else.

    Docker refuses to start with `Duplicate mount point` otherwise.
    """
    taken = {inside.partition(":")[0] for inside in service.mounts.values()}
    for board, inside in _PRESET_MOUNTS:
        if inside.partition(":")[0] not in taken:
            yield Mount.written(board, inside, if_there=True)
