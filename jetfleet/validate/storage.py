"""Checks of where things are kept on a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem

_SYSTEM = {"/", "/boot", "/boot/efi", "/dev", "/etc", "/home", "/opt", "/proc", "/root", "/run"}
_SYSTEM |= {"/sys", "/tmp", "/usr", "/var", "/var/lib"}  # noqa: S108 - the path is refused


def check_storage(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for a mount over the system, and for what lies beside the mount."""
    host = subject.host
    if host.storage is None:
        return
    mount = host.storage.mount
    if mount in _SYSTEM:
        found, remedy = f"the mount point {mount}", "choose a folder such as /mnt/nvme"
        expected = "a folder that covers no folder of the system"
        yield subject.problem(("storage", "mount"), found, expected, remedy)
        return
    kept = {("docker", "data_root"): host.docker.data_root if host.docker else None}
    if host.model_names:
        kept["models", "dir"] = host.models.dir
    for path, folder in kept.items():
        if folder is not None and not folder.startswith(mount + "/"):
            found, expected = folder, f"a folder under the storage mount {mount}"
            remedy = "move it there; beside the mount it fills the boot disk"
            yield subject.problem(path, found, expected, remedy, warning=True)
