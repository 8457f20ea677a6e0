"""The same files, units and packages as deploys/llm.py, by pyinfra's stock operations."""

from io import StringIO

from pyinfra.context import host
from pyinfra.operations import apt, files, server, systemd
from pyinfra.operations import docker as engine

from bench.stock_resources import daemon_text, units_of
from jetfleet.inventory import current
from jetfleet.resources import Daemon, File, Filesystem, Image, Model, Package
from jetfleet.roles import base, docker, images, models, power, serving, storage

wanted = current().wanted((base, storage, docker, power, images, models, serving))
mine = wanted.resources(host.name).values()

for file in host.loop([r for r in mine if isinstance(r, File)]):
    files.put(
        name=f"Put {file.path}",
        src=StringIO(file.content),
        dest=file.path,
        mode=file.mode,
        user=file.owner,
        group=file.group,
    )

for daemon in host.loop([r for r in mine if isinstance(r, Daemon)]):
    files.put(
        name="Put /etc/docker/daemon.json",
        src=StringIO(daemon_text(daemon)),
        dest="/etc/docker/daemon.json",
        mode="644",
        user="root",
        group="root",
    )

for disk in host.loop([r for r in mine if isinstance(r, Filesystem)]):
    files.line(name="Mount at boot", path="/etc/fstab", line=f"UUID=.* {disk.mount} ext4 .*")
    server.mount(name="Mount now", path=disk.mount, mounted=True)

for image in host.loop([r for r in mine if isinstance(r, Image)]):
    engine.image(name=f"Pull {image.id}", image=image.id, present=True)

for model in host.loop([r for r in mine if isinstance(r, Model)]):
    for part in host.loop(model.files):
        files.file(
            name=f"Have {part.path}",
            path=f"{model.folder}/{part.path}",
            mode="644",
            user="root",
            group="root",
        )

for package in host.loop([r for r in mine if isinstance(r, Package)]):
    apt.packages(name=f"Install {package.name}", packages=[package.name])

for unit in host.loop(units_of(mine)):
    systemd.service(name=f"Run {unit}", service=unit, running=True, enabled=True)
