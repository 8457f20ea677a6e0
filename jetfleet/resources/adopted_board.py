"""Disk and Docker engine of a board that somebody set up by hand: compared, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.daemon import Daemon, DaemonState
from jetfleet.resources.filesystem import Disk, Filesystem
from jetfleet.resources.resource import Change, RunOptions
from jetfleet.steps import LinkResolver, Refused, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN = frozenset({"defaults", "nofail", "x-systemd.device-timeout=30s"})
"""Mount options that a spec does not name: the usual ones, and those that jetfleet adds."""

_REMEDY = (
    "mend it by hand, write into the spec what is there, or take `adopted` out of the host to have "
    "jetfleet change it"
)


@dataclass(frozen=True)
class AdoptedDaemon(Daemon):
    """Docker runs, starts at boot, and its daemon.json has these keys."""

    kind: ClassVar[str] = "adopted-daemon"

    @property
    def title(self) -> str:
        return "Compare Docker, which was set up by hand"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ()

    def compare(self, actual: DaemonState, options: RunOptions) -> list[Change]:
        # Without jetfleet's drop-in nothing on the board tells what the daemon was started with.
        own = {"running", "unit", "backup"}
        return [
            change for change in super().compare(actual, options) if change.attribute not in own
        ]

    def steps(
        self,
        actual: DaemonState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        raise Refused(f"{changes[0].sentence}, and Docker was set up by hand: {_REMEDY}")
        yield


@dataclass(frozen=True)
class AdoptedFilesystem(Filesystem):
    """A filesystem of the disk is mounted there, now and by /etc/fstab, with these options."""

    kind: ClassVar[str] = "adopted-filesystem"

    @property
    def title(self) -> str:
        return f"Compare {self.mount}, which was set up by hand"

    def compare(self, actual: Disk, options: RunOptions) -> list[Change]:
        del options
        changes = []
        if not actual.mounted.startswith(self.device):
            have = actual.mounted or "no"
            sentence = f"{self.device} is not mounted at {self.mount}"
            changes.append(Change("mounted", have, self.device, sentence))
        fields = actual.fstab.split()
        if len(fields) < _FSTAB_FIELDS:
            sentence = f"/etc/fstab does not mount {self.mount}"
            return [*changes, Change("fstab", "absent", "a line", sentence)]
        for name, have, want in (
            ("filesystem", fields[2], self.filesystem),
            (
                "options",
                *(",".join(sorted(set(o) - PLAIN)) for o in (options_of(fields[3]), self.options)),
            ),
        ):
            if have != want:
                sentence = f"/etc/fstab mounts {self.mount} with another {name}"
                changes.append(Change(name, have or "none", want or "none", sentence))
        return changes

    def steps(
        self, actual: Disk, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, options, resolver
        raise Refused(f"{changes[0].sentence}, and it was set up by hand: {_REMEDY}")
        yield


_FSTAB_FIELDS = 4


def options_of(field: str) -> list[str]:
    """Return the options in the fourth field of a line of /etc/fstab."""
    return [option for option in field.split(",") if option]
