"""A file with exactly this content, owner and mode; replaced by rename."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.resource import Change, Resource, RunOptions, Unreadable
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words, write_file

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FileState:
    """What a path holds: type as `stat` names it, mode in octal, owner, sha256 of a plain file."""

    type: str
    mode: str
    owner: str
    group: str
    sha256: str
    text: str | None = None


@dataclass(frozen=True)
class File(Resource[FileState | None]):
    """A plain file.

    Parameters
    ----------
    path:
        Absolute path on the board.
    content:
        Whole text, UTF-8.
    mode:
        Octal, without a leading zero.
    secret:
        Its text is never shown, not even as a difference.

    """

    kind: ClassVar[str] = "file"
    path: str
    content: str
    mode: str = "644"
    owner: str = "root"
    group: str = "root"
    secret: bool = False

    @property
    def id(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return f"Write {self.path}"

    @property
    def sha256(self) -> str:
        """Hash of the content in hex."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @classmethod
    def survey(cls, resources: Sequence[File], options: RunOptions) -> str:
        paths = words(r.path for r in resources)
        script = f"stat -c 'stat|%F|%a|%U|%G|%n' -- {paths}\nsha256sum -- {paths}\n"
        shown = [r.path for r in resources if not r.secret]
        if options.diff and shown:
            script += (
                f"for p in {words(shown)}; do"
                ' [ -f "$p" ] && printf "text|%s|%s\\n" "$p" "$(base64 -w0 -- "$p")"; done\n'
            )
        return script + "true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[File]) -> dict[str, FileState | None]:
        stats: dict[str, tuple[str, str, str, str]] = {}
        sums: dict[str, str] = {}
        texts: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("stat|"):
                _, type_, mode, owner, group, path = line.split("|", 5)
                stats[path] = (type_, mode, owner, group)
            elif line.startswith("text|"):
                _, path, encoded = line.split("|", 2)
                texts[path] = _decoded(encoded)
            elif "  " in line:
                digest, path = line.split("  ", 1)
                sums[path] = digest
            elif line:
                raise Unreadable(f"unexpected line in the survey of files: {line!r}")
        return {
            r.key: FileState(*stats[r.path], sums.get(r.path, ""), texts.get(r.path))
            if r.path in stats
            else None
            for r in resources
        }

    def compare(self, actual: FileState | None, options: RunOptions) -> list[Change]:
        if actual is None:
            diff = ("", self.content) if options.diff and not self.secret else None
            return [Change("content", "absent", "present", f"{self.path} is absent", diff)]
        changes = []
        if not actual.type.startswith("regular"):
            changes.append(Change("type", actual.type, "regular file", f"{self.path} is no file"))
        elif actual.sha256 != self.sha256:
            diff = (actual.text or "", self.content) if options.diff and not self.secret else None
            have, want = ("***", "***") if self.secret else (actual.sha256[:12], self.sha256[:12])
            changes.append(Change("content", have, want, f"{self.path} has other content", diff))
        if actual.mode != self.mode:
            changes.append(Change("mode", actual.mode, self.mode, f"{self.path} has another mode"))
        have, want = f"{actual.owner}:{actual.group}", f"{self.owner}:{self.group}"
        if have != want:
            changes.append(Change("owner", have, want, f"{self.path} has another owner"))
        return changes

    def steps(
        self,
        actual: FileState | None,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        script = write_file(
            self.path, self.content, mode=self.mode, owner=self.owner, group=self.group
        )
        yield Run(script, self.title)


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except binascii.Error as error:
        raise Unreadable(f"a file's text did not arrive whole: {error}") from error
