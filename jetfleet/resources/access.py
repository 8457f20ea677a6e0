"""A file that decides who gets into a board: of sshd, or of sudo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions
from jetfleet.resources.file import File, FileState
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import STATE_DIR
from jetfleet.steps.switch import Switch, guarded
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SSHD = "/etc/ssh/sshd_config.d/00-jetfleet.conf"
"""Of two values sshd takes the first, and it reads these files in the order of their names."""

SUDOERS = "/etc/sudoers.d/jetfleet-rules"

_NEW = f"{STATE_DIR}/access.new"

# `sshd -t` reads the whole configuration, and the file alone too.
_CHECK = {
    SSHD: f"""PATH=$PATH:/usr/sbin:/sbin
grep -Eqi '^[[:space:]]*Include[[:space:]]+("?)/etc/ssh/sshd_config\\.d/' /etc/ssh/sshd_config || {{
  echo 'sshd does not read /etc/ssh/sshd_config.d: add `Include /etc/ssh/sshd_config.d/*.conf`' \\
    'as the first line of /etc/ssh/sshd_config' >&2; exit 1; }}
sshd -t -f {_NEW}
""",
    SUDOERS: f"visudo -cf {_NEW} >&2\n",
}
_RELOAD = {
    SSHD: "PATH=$PATH:/usr/sbin:/sbin\nsshd -t\nsystemctl try-reload-or-restart ssh.service\n",
    SUDOERS: "visudo -c >&2\n",
}
# An sshd that finds no address to listen at has ended, and systemd does not start it again.
_UNDO = {
    SSHD: "systemctl reset-failed ssh.service\nsystemctl reload-or-restart ssh.service\n",
    SUDOERS: "",
}
_NAME = {SSHD: "sshd's settings", SUDOERS: "sudo's rules"}
_MODE = {SSHD: "644", SUDOERS: "440"}


@dataclass(frozen=True)
class Access(Resource[FileState | None]):
    """A file of sshd or sudo has exactly this content, and a new login still works with it.

    Parameters
    ----------
    path:
        `SSHD` or `SUDOERS`.

    """

    kind: ClassVar[str] = "access"
    stands_alone: ClassVar[bool] = True
    path: str
    content: str

    @property
    def id(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return f"Write {self.path}"

    @cached_property
    def file(self) -> File:
        """What is written."""
        return File(self.path, self.content, mode=_MODE[self.path])

    @property
    def texts(self) -> Mapping[str, str]:
        return self.file.texts

    @classmethod
    def survey(cls, resources: Sequence[Access], options: RunOptions) -> str:
        return File.survey([r.file for r in resources], options)

    @classmethod
    def read(cls, text: str, resources: Sequence[Access]) -> dict[str, FileState | None]:
        found = File.read(text, [r.file for r in resources])
        return {r.key: found[r.file.key] for r in resources}

    def desired(self) -> Attributes:
        return self.file.desired()

    def observed(self, actual: FileState | None) -> Attributes:
        return self.file.observed(actual)

    def explain(self, change: Change, actual: FileState | None, options: RunOptions) -> Change:
        return self.file.explain(change, actual, options)

    def steps(
        self,
        actual: FileState | None,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        path, mode = self.path, _MODE[self.path]
        # The new file is checked beside its place: a wrong one there would lock everyone out.
        script = f"""set -eu
{write_file(_NEW, self.content, mode="600")}
trap 'rm -f {_NEW}' EXIT
{_CHECK[path]}{write_file(path, self.content, mode=mode)}
{_RELOAD[path]}"""
        switch = Switch(_NAME[path], (path,), _UNDO[path])
        yield from guarded(switch, Run(script, self.title))


def without(path: str, files: Sequence[str], remove: str, title: str) -> Steps:
    """Remove a file of sshd or sudo under the dead man's switch.

    Parameters
    ----------
    files:
        What the script touches.
    remove:
        Script that takes the file away.

    """
    change = Run(f"set -eu\n{remove}{_RELOAD[path]}", title)
    yield from guarded(Switch(_NAME[path], tuple(files), _UNDO[path]), change)
