"""The layer that turns the common root filesystem into one board.

It lies between the root filesystem and what the twin writes. Every `up` writes it again, so that a
twin whose disks were kept gets the current programs of a board.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from twins import flashed, l4tfiles
from twins.boot_control import nv_boot_control
from twins.toolkit import version_for, write_toolkit

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from twins.board import TwinBoard
    from twins.keys import KeyPair

_UID = 1000  # of the user that data/customize.sh makes
_FLASHED_USER = "nvidia"
_LIB = "usr/lib/twin"
_PACKAGES = "opt/apt/Packages"  # the list of its own repository; apt has a link to it
_UNITS = ("nvpower.service", "nvpmodel.service", "nvfancontrol.service")


@dataclass(frozen=True)
class Surroundings:
    """The network of a twin, and the keys and the authority that it trusts."""

    address: str  # with its prefix length, "10.231.0.11/24"
    names: Mapping[str, str]  # name -> address, beside its own
    host_key: KeyPair
    login: KeyPair
    ca: str  # PEM of the authority to trust


def write_layer(folder: Path, board: TwinBoard, around: Surroundings, rootfs: Path) -> None:
    """Make `folder` hold exactly the files of this board, owned and with modes as on a board."""
    shutil.rmtree(folder, ignore_errors=True)
    layer = _Layer(folder)
    with as_file(files("twins") / "board") as tree:
        layer.lay(tree, flashed.WITHOUT if board.flashed else ())
    _write_board(layer, board)
    _write_identity(layer, board, around)
    _write_accounts(layer, board, rootfs)
    if board.flashed:
        _write_flashed(layer, board, rootfs)
    else:
        _write_key(layer, board, around)
    _write_trust(layer, around, rootfs)
    _write_package(layer, board, rootfs)
    for unit in _UNITS:
        layer.link(f"etc/systemd/system/multi-user.target.wants/{unit}", f"../{unit}")


class _Layer:
    """A folder of files, laid out as under the twin's root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._make_folder(folder)

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        target = self.folder / path
        self._make_folder(target.parent)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)
        return target

    def make(self, path: str) -> Path:
        """Make a folder."""
        target = self.folder / path
        self._make_folder(target)
        return target

    def link(self, path: str, to: str) -> None:
        target = self.folder / path
        self._make_folder(target.parent)
        target.symlink_to(to)

    def lay(self, tree: Path, without: Collection[str]) -> None:
        """Copy a tree; a script is executable, even if the installation lost its mode."""
        for source in sorted(tree.rglob("*")):
            if source.is_file() and str(source.relative_to(tree)) not in without:
                text = source.read_text(encoding="utf-8")
                mode = 0o755 if text.startswith("#!") else 0o644
                self.write(str(source.relative_to(tree)), text, mode)

    def _make_folder(self, folder: Path) -> None:
        # The mode of a folder here hides that of the root filesystem's folder, so it must not
        # depend on the caller's umask.
        if not folder.is_dir():
            if folder != self.folder:
                self._make_folder(folder.parent)
            folder.mkdir(parents=folder == self.folder)
            folder.chmod(0o755)


def _write_board(layer: _Layer, board: TwinBoard) -> None:
    layer.write("etc/nv_tegra_release", l4tfiles.nv_tegra_release(board))
    layer.write("etc/nv_boot_control.conf", nv_boot_control(board))
    layer.write(f"etc/nvpmodel/nvpmodel_{board.nvpmodel}.conf", l4tfiles.nvpmodel_conf(board))
    layer.write(
        f"etc/nvpower/nvfancontrol/nvfancontrol_{board.nvpmodel}.conf", l4tfiles.nvfancontrol_conf()
    )
    layer.write(f"{_LIB}/nvpmodel-conf", f"{board.nvpmodel}\n")
    layer.write(f"{_LIB}/meminfo", l4tfiles.meminfo(board))
    for path, content in l4tfiles.sysfs(board).items():
        layer.write(f"{_LIB}/sys/{path}", content)
    gpu = {
        "soc": board.soc,
        "sm": board.sm,
        "memtotal_kib": board.memtotal_kib,
        "l4t": board.l4t,
    }
    layer.write(f"{_LIB}/gpu.json", json.dumps(gpu) + "\n")
    shown = {
        "gpu_name": board.gpu_name,
        "gpu_uuid": f"GPU-{uuid.uuid5(uuid.NAMESPACE_DNS, board.name)}",
        "sm": board.sm,
        "cuda": board.cuda,
        "driver": "580.00" if board.soc == "thor" else f"540.{board.l4t.partition('.')[2]}",
    }
    layer.write(f"{_LIB}/board.json", json.dumps(shown) + "\n")


def _write_identity(layer: _Layer, board: TwinBoard, around: Surroundings) -> None:
    layer.write("etc/hostname", f"{board.name}\n")
    own = {"localhost": "127.0.0.1", board.name: "127.0.1.1"}
    hosts = [f"{address} {name}" for name, address in (own | dict(around.names)).items()]
    layer.write("etc/hosts", "\n".join(hosts) + "\n")
    layer.write("etc/resolv.conf", "# A twin has no name server.\n")
    layer.write(
        "etc/systemd/network/10-host0.network",
        f"[Match]\nName=host0\n\n[Network]\nAddress={around.address}\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\n",
    )
    layer.write("etc/ssh/ssh_host_ed25519_key", around.host_key.private.read_text(), 0o600)
    layer.write("etc/ssh/ssh_host_ed25519_key.pub", f"{around.host_key.public}\n")
    # Fixed: systemd does other things in a "first boot".
    mark = uuid.uuid5(uuid.NAMESPACE_DNS, around.host_key.public)
    layer.write("etc/machine-id", f"{mark.hex}\n", 0o444)


def _write_accounts(layer: _Layer, board: TwinBoard, rootfs: Path) -> None:
    if board.user != _FLASHED_USER:
        for path, mode in (("etc/passwd", 0o644), ("etc/group", 0o644), ("etc/shadow", 0o640)):
            text = (rootfs / path).read_text(encoding="utf-8")
            layer.write(path, text.replace(_FLASHED_USER, board.user), mode)
        layer.write("etc/sudoers.d/nvidia", f"{board.user} ALL=(ALL) NOPASSWD: ALL\n", 0o440)
        _own(layer.make(f"home/{board.user}"))


def _write_key(layer: _Layer, board: TwinBoard, around: Surroundings) -> None:
    home = f"home/{board.user}"
    keys = layer.write(f"{home}/.ssh/authorized_keys", f"{around.login.public}\n", 0o600)
    keys.parent.chmod(0o700)
    _own(keys, keys.parent, keys.parent.parent)


def _write_flashed(layer: _Layer, board: TwinBoard, rootfs: Path) -> None:
    for path, text, mode in flashed.files():
        layer.write(path, text, mode)
    for path, to in flashed.links().items():
        layer.link(path, to)
    written = layer.folder / "etc/shadow"
    shadow = (written if written.exists() else rootfs / "etc/shadow").read_text(encoding="utf-8")
    layer.write("etc/shadow", flashed.shadow(shadow, board.user), 0o640)
    entry = write_toolkit(layer.make("opt/apt"), version_for(board.major))
    listed = (rootfs / _PACKAGES).read_text(encoding="utf-8")
    layer.write(_PACKAGES, f"{flashed.offered(listed).rstrip()}\n\n{entry}")


def _own(*paths: Path) -> None:
    for path in paths:
        os.chown(path, _UID, _UID)


def _write_trust(layer: _Layer, around: Surroundings, rootfs: Path) -> None:
    # In both places: where update-ca-certificates reads, and where it writes.
    layer.write("usr/local/share/ca-certificates/twin.crt", around.ca)
    bundle = "etc/ssl/certs/ca-certificates.crt"
    layer.write(bundle, (rootfs / bundle).read_text(encoding="utf-8") + around.ca)


def _write_package(layer: _Layer, board: TwinBoard, rootfs: Path) -> None:
    """Add nvidia-l4t-core of the board's release to dpkg's list of installed packages."""
    status = (rootfs / "var/lib/dpkg/status").read_text(encoding="utf-8")
    entry = (
        "Package: nvidia-l4t-core\nStatus: install ok installed\nPriority: optional\n"
        "Section: utils\nMaintainer: NVIDIA Corporation\nArchitecture: all\n"
        f"Version: {board.l4t}-20250101000000\nDescription: NVIDIA Core Package\n\n"
    )
    layer.write("var/lib/dpkg/status", status + entry)
    layer.write("var/lib/dpkg/info/nvidia-l4t-core.list", "/.\n/etc\n/etc/nv_tegra_release\n")
