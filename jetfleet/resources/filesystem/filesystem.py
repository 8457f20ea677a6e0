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
from jetfleet.resources.filesystem.fstab import lasts, same_line
from jetfleet.resources.filesystem.health import READ_ONLY
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.program import run_program, run_shell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


ON_ERROR = "errors=remount-ro"
DEVICE_TIMEOUT = "x-systemd.device-timeout=30s"

READ_SECONDS = 18
"""The longest that the test of all disks may take: a write to a dying one can hang."""

_READS = ("foreign_json.py", "mounts.py", "writable.py", "storage.py")


@dataclass(frozen=True)
class Filesystem(Resource[Disk]):
    """One filesystem on one whole disk.

    Parameters
    ----------
    device:
        Path of the disk, such as ``/dev/nvme0n1``, or a name in ``/dev/disk``; it is resolved on
        the board.
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
    def fstab_options(self) -> str:
        """`nofail` keeps a board with a dead SSD reachable: it boots, and SSH answers.

        `errors=remount-ro`: a filesystem with an error takes no more damage, and is seen
        (docs/adr/0021-errors-remount-ro.md).
        """
        added = [ON_ERROR] if self.filesystem.startswith("ext") else []
        added = [one for one in (*added, "nofail", DEVICE_TIMEOUT) if not self._sets(one)]
        return ",".join(dict.fromkeys(("defaults", *self.options, *added)))

    def _sets(self, option: str) -> bool:
        """Tell whether the spec has an option, or its own value for one."""
        name = option.partition("=")[0]
        return any(own.partition("=")[0] == name for own in self.options)

    @classmethod
    def survey(cls, resources: Sequence[Filesystem], options: RunOptions) -> str:
        del options
        disks = [{"mount": r.mount, "device": r.device} for r in resources]
        # blkid -p reads the signatures themselves: udev's memory may be stale.
        return f"""found=$({run_program(*_READS, job={"disks": disks}, seconds=READ_SECONDS)})
ended=$?
printf '%s\\n' "$found"
set --
while read -r word node; do
  case $word in device) set -- "$@" "$node" ;; esac
done <<END
$found
END
[ $# -eq 0 ] || blkid -p -o export -- "$@"
findmnt -nro SOURCE,TARGET | sed 's/^/mount /'
[ $ended -eq 0 ]
"""

    @classmethod
    def survey_files(cls, resources: Sequence[Filesystem], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/fstab",)

    @classmethod
    def read(cls, text: str, resources: Sequence[Filesystem]) -> dict[str, Disk]:
        found = read_disks(text)
        return {r.key: found.disk(r.device, r.mount) for r in resources}

    def desired(self) -> Attributes:
        return {
            "filesystem": self.filesystem,
            "fstab": Attribute(",".join(self.options)),
            "mounted": constant("yes"),
        }

    def observed(self, actual: Disk) -> Attributes:
        if not actual.device:
            return {"filesystem": "no disk"}
        own = actual.own(self.filesystem)
        if own is None:
            return {"filesystem": ", ".join(contents(actual)) or "blank", "mounted": "no"}
        in_fstab = "fstab" in own and lasts(own["fstab"])
        as_desired = in_fstab and same_line(actual.fstab, self._fstab_line(""))
        elsewhere = actual.mounted and not actual.in_use
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
        if not actual.device:
            raise Refused(
                f"no disk at {self.device} (storage.device): look with `lsblk` whether the NVMe is "
                "seated and under which name the kernel has it, and write that name in the spec"
            )
        if actual.mounted and not actual.in_use:
            raise Refused(
                f"{self.mount} is already the mount point of {actual.mounted}, which is not on "
                f"{self.device}: unmount it, or write another storage.mount or storage.device"
            )
        self.check_health(actual)
        if actual.own(self.filesystem) is None:
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
        own = actual.own(self.filesystem)
        if change.attribute == "filesystem":
            return replace(change, want=f"{self.filesystem} on GPT")
        if change.attribute == "fstab" and own is not None:
            return replace(change, want=self._fstab_line(own.get("uuid", "")))
        return change

    def steps(
        self, actual: Disk, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del options, resolver
        own = None
        if any(change.attribute == "filesystem" for change in changes):
            yield Run(self._format(), f"Format {self.device}", seconds=900, joined=True)
        else:
            own = actual.own(self.filesystem)
        uuid = own.get("uuid", "") if own else ""
        script = self._run("mount", uuid, self.mount, self.fstab_options)
        yield Run(script, self.title, joined=True)

    def _check_blank(self, disk: Disk) -> None:
        found = contents(disk)
        if found and disk.in_use:
            raise Refused(
                f"{disk.mounted} is mounted at {self.mount}, and it is not {self.filesystem}, the "
                "one filesystem that jetfleet makes and mounts: leave `storage` out of the spec, "
                "and mount it by /etc/fstab"
            )
        if found:
            raise Refused(
                f"{self.device} is not blank, it holds {', '.join(found)}: nothing on it was "
                f"touched; mount what is there at {self.mount} by /etc/fstab, or empty the disk "
                f"yourself (`wipefs -a {disk.device}`) if nothing on it is needed"
            )
        if not disk.is_whole:
            raise Refused(
                f"{self.device} is a part of a disk ({disk.device}) without a known filesystem: "
                "write the whole disk as storage.device, or make the filesystem yourself "
                f"(`mkfs.{self.filesystem} {disk.device}`) and mount it at {self.mount} by "
                "/etc/fstab"
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
        return run_shell("mount.sh", action, self.device, self.filesystem, *arguments)
