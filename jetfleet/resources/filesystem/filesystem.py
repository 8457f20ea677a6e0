"""The filesystem on the NVMe: made on a blank disk if the spec allows it, mounted by UUID."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Resource,
    RunOptions,
    constant,
    yes_or_no,
)
from jetfleet.resources.filesystem.disk import PARTITION, UNFINISHED, Disk, contents, read_disks
from jetfleet.resources.filesystem.health import READ_ONLY
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.program import run_program, run_shell
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


ON_ERROR = "errors=remount-ro"
DEVICE_TIMEOUT = "x-systemd.device-timeout=30s"

HEALTH_SECONDS = 18
"""The longest that the test of all disks may take: a write to a dying one can hang."""


@dataclass(frozen=True)
class Filesystem(Resource[Disk]):
    """One filesystem on one whole disk.

    Parameters
    ----------
    device:
        Path of the disk, such as ``/dev/nvme0n1``.
    mount:
        Mount point.
    filesystem:
        ``ext4`` or another that ``mkfs.<type>`` makes.
    options:
        Mount options beside ``nofail`` and the device timeout.
    format_if_blank:
        Whether the spec allows to partition and format the disk, if nothing at all is on it.

    """

    kind: ClassVar[str] = "filesystem"
    device: str
    mount: str
    filesystem: str = "ext4"
    options: tuple[str, ...] = ()
    format_if_blank: bool = False

    @property
    def id(self) -> str:
        return self.mount

    @property
    def title(self) -> str:
        return f"Mount {self.mount}"

    @property
    def partition(self) -> str:
        """Path of the first partition: ``nvme0n1p1``, but ``sda1``."""
        return f"{self.device}p1" if self.device[-1].isdigit() else f"{self.device}1"

    @property
    def fstab_options(self) -> str:
        """`nofail` keeps a board with a dead SSD reachable: it boots, and SSH answers.

        `errors=remount-ro`: a filesystem with an error takes no more damage, and is seen
        (docs/adr/0021-errors-remount-ro.md).
        """
        own = any(option.startswith("errors=") for option in self.options)
        errors = (ON_ERROR,) if self.filesystem.startswith("ext") and not own else ()
        return ",".join(("defaults", *self.options, *errors, "nofail", DEVICE_TIMEOUT))

    @classmethod
    def survey(cls, resources: Sequence[Filesystem], options: RunOptions) -> str:
        del options
        # blkid -p reads the signatures themselves: udev's memory may be stale.
        health = [{"mount": r.mount, "device": r.device} for r in resources]
        disks = " ".join(
            f"{words([r.device])} {words([r.partition[:-1]])}[0-9]*" for r in resources
        )
        return f"""set --
for node in {disks}; do
  [ -b "$node" ] && echo "device $node" && set -- "$@" "$node"
done
[ $# -eq 0 ] || blkid -p -o export -- "$@"
findmnt -nro SOURCE,TARGET | sed 's/^/mount /'
sed 's/^/fstab /' /etc/fstab
{run_program("mounts.py", "writable.py", job={"disks": health}, seconds=HEALTH_SECONDS)}"""

    @classmethod
    def survey_files(cls, resources: Sequence[Filesystem], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/fstab",)

    @classmethod
    def read(cls, text: str, resources: Sequence[Filesystem]) -> dict[str, Disk]:
        found = read_disks(text)
        return {r.key: found.disk(r.device, r.partition, r.mount) for r in resources}

    def desired(self) -> Attributes:
        return {
            "filesystem": self.filesystem,
            "fstab": Attribute(",".join(self.options)),
            "mounted": constant("yes"),
        }

    def observed(self, actual: Disk) -> Attributes:
        if not actual.present:
            return {"filesystem": "no disk"}
        part = self._own_partition(actual)
        if part is None:
            return {"filesystem": ", ".join(contents(actual)) or "blank", "mounted": "no"}
        as_desired = actual.fstab == self._fstab_line(part.get("uuid", ""))
        elsewhere = actual.mounted and not actual.mounted.startswith(self.device)
        return {
            "filesystem": self.filesystem,
            "fstab": ",".join(self.options) if as_desired else actual.fstab or ABSENT,
            "mounted": actual.mounted if elsewhere else yes_or_no(bool(actual.mounted)),
        }

    def details(self) -> Mapping[str, Any]:
        return {
            "device": self.device,
            "mount": self.mount,
            "format": "if-blank" if self.format_if_blank else "never",
        }

    def refuse(self, actual: Disk, options: RunOptions) -> None:
        del options
        if not actual.present:
            raise Refused(
                f"no disk at {self.device} (storage.device): look with `lsblk` whether the NVMe is "
                "seated and under which name the kernel has it, and write that name in the spec"
            )
        if actual.mounted and not actual.mounted.startswith(self.device):
            raise Refused(
                f"{self.mount} is already the mount point of {actual.mounted}, which is not on "
                f"{self.device}: unmount it, or write another storage.mount or storage.device"
            )
        self.check_health(actual)
        if self._own_partition(actual) is None:
            self._check_blank(actual)

    def check_health(self, actual: Disk) -> None:
        """Raise `Refused` if the disk is mounted and cannot be written."""
        wanted = READ_ONLY & set(self.options)
        refusal = "" if wanted or not actual.mounted else actual.health.refusal(self.device)
        if refusal:
            raise Refused(refusal)

    def notes(self, actual: Disk) -> Sequence[str]:
        note = actual.health.note(self.device)
        return [note] if note else []

    def sentence(self, change: Change, actual: Disk) -> str:
        sentences = {
            "filesystem": f"{self.device} is blank and will be partitioned and formatted",
            "fstab": f"/etc/fstab does not mount {self.mount} with these options",
            "mounted": f"nothing is mounted at {self.mount}",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def explain(self, change: Change, actual: Disk, options: RunOptions) -> Change:
        change = super().explain(change, actual, options)
        part = self._own_partition(actual)
        if change.attribute == "filesystem":
            return replace(change, want=f"{self.filesystem} on GPT")
        if change.attribute == "fstab" and part is not None:
            return replace(change, want=self._fstab_line(part.get("uuid", "")))
        return change

    def steps(
        self, actual: Disk, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del options, resolver
        part = None
        if any(change.attribute == "filesystem" for change in changes):
            yield Run(self._format(), f"Format {self.device}", seconds=900)
        else:
            part = self._own_partition(actual)
        uuid = part.get("uuid", "") if part else ""
        yield Run(self._run("mount", uuid, self.mount, self.fstab_options), self.title)

    def _own_partition(self, disk: Disk) -> dict[str, str] | None:
        """Find the partition to mount: ours, or one that a person mounted here (adopted)."""
        for part in disk.partitions:
            if part.get("type") != self.filesystem or part.get("label") == UNFINISHED:
                continue
            in_fstab = part.get("uuid") and f"UUID={part['uuid']} " in f"{disk.fstab} "
            if part["name"] == disk.mounted or part.get("label") == PARTITION or in_fstab:
                return part
        return None

    def _check_blank(self, disk: Disk) -> None:
        found = contents(disk)
        if found:
            raise Refused(
                f"{self.device} is not blank, it holds {', '.join(found)}: nothing on it was "
                f"touched; mount what is there at {self.mount} by /etc/fstab, or empty the disk "
                f"yourself (`wipefs -a {self.device}`) if nothing on it is needed"
            )
        if not self.format_if_blank:
            raise Refused(
                f"{self.device} is blank and the spec does not allow formatting it: write "
                "`format: if-blank` under `storage`"
            )

    def _fstab_line(self, uuid: str) -> str:
        return f"UUID={uuid} {self.mount} {self.filesystem} {self.fstab_options} 0 2"

    def _format(self) -> str:
        job = {"device": self.device, "unfinished": UNFINISHED}
        check = run_program("gpt.py", "blank.py", job=job)
        return f"set -e\n{check}{self._run('format', PARTITION)}"

    def _run(self, action: str, *arguments: str) -> str:
        at = (self.device, self.partition, self.filesystem)
        return run_shell("mount.sh", action, *at, *arguments)
