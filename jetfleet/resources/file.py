"""A file with exactly this content, owner and mode; replaced by rename."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.redaction import HIDDEN
from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Resource,
    RunOptions,
    Unreadable,
    constant,
)
from jetfleet.spec.secret import unreadable_in
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.guarded_services import RESTART_SECONDS, restart, undo_restart
from jetfleet.steps.shell import words
from jetfleet.steps.switch import Switch, guarded
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_PLAIN = "regular file"

LARGEST_MIB = 16
"""Size from which on a file is not hashed: it is larger than any that jetfleet writes."""


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
    read_by:
        Services of the board that read it when they start.
    guard:
        Services that are restarted with it under the dead man's switch; None: without the switch.

    """

    kind: ClassVar[str] = "file"
    stands_alone: ClassVar[bool] = True
    path: str
    content: str
    mode: str = "644"
    owner: str = "root"
    group: str = "root"
    secret: bool = False
    read_by: tuple[str, ...] = ()
    guard: tuple[str, ...] | None = None

    @property
    def id(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return f"Write {self.path}"

    @cached_property
    def sha256(self) -> str:
        """Hash of the content in hex; where a secret is unreadable, of what is known."""
        text = _known(self.content) if self.unreadable else self.content
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def unreadable(self) -> str:
        """Why a secret in the content could not be read; empty if all of them were."""
        return unreadable_in(self.content)

    @property
    def texts(self) -> Mapping[str, str]:
        return {self.path: self.content}

    @classmethod
    def survey(cls, resources: Sequence[File], options: RunOptions) -> str:
        paths = words(r.path for r in resources)
        hashed = words(r.path for r in resources if not r.unreadable)
        script = f"stat -c 'stat|%F|%a|%U|%G|%n' -- {paths}\n"
        # Only of plain files: a pipe would never end, and a large file is not one of ours.
        plain = f"-maxdepth 0 -type f -size -{LARGEST_MIB}M -exec sha256sum -- {{}} +"
        script += f"find {hashed} {plain}\n" if hashed else ""
        script += "".join(_hash_of_known(r) for r in resources if r.unreadable)
        shown = [r.path for r in resources if not r.secret]
        if options.diff and shown:
            script += (
                f"for p in {words(shown)}; do"
                ' [ -f "$p" ] || continue; '
                'printf "text|%s|%s\\n" "$p" "$(head -c 1048576 -- "$p" | base64 -w0)"; done\n'
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

    def desired(self) -> Attributes:
        return {
            "content": self._content(self.sha256, self.content),
            "type": constant(_PLAIN),
            "mode": self.mode,
            "owner": f"{self.owner}:{self.group}",
        }

    def observed(self, actual: FileState | None) -> Attributes:
        if actual is None:
            return {"content": Attribute(ABSENT, lines="")}
        plain = actual.type.startswith("regular")
        what = {"content": self._content(actual.sha256, actual.text)} if plain else {}
        return {
            **what,
            "type": _PLAIN if plain else actual.type,
            "mode": actual.mode,
            "owner": f"{actual.owner}:{actual.group}",
        }

    def _content(self, sha256: str, text: str | None) -> Attribute:
        if self.secret or self.unreadable:
            return Attribute(HIDDEN, beside=sha256, lines=text)
        return Attribute(sha256, lines=text)

    def details(self) -> Mapping[str, Any]:
        return {} if self.secret else {"bytes": len(self.content.encode())}

    def sentence(self, change: Change, actual: FileState | None) -> str:
        why = f", and to write it needs a secret: {self.unreadable}" if self.unreadable else ""
        return f"{self._sentence(change, actual)}{why}"

    def _sentence(self, change: Change, actual: FileState | None) -> str:
        if actual is None:
            return f"{self.path} is absent"
        if change.attribute == "type":
            return f"{self.path} is no file"
        other = {"content": "other content", "owner": "another owner"}
        return f"{self.path} has {other.get(change.attribute, f'another {change.attribute}')}"

    def explain(self, change: Change, actual: FileState | None, options: RunOptions) -> Change:
        change = super().explain(change, actual, options)
        return replace(change, want="present") if actual is None else change

    def steps(
        self,
        actual: FileState | None,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        if self.unreadable:
            raise Refused(f"{self.path} needs a secret: {self.unreadable}")
        script = write_file(
            self.path, self.content, mode=self.mode, owner=self.owner, group=self.group
        )
        if self.guard is None:
            yield Run(script, self.title, joined=True)
            return
        change = Run(f"set -eu\n{script}{restart(self.guard)}", self.title)
        switch = Switch(self.path, (self.path,), undo_restart(self.guard), work=RESTART_SECONDS)
        yield from guarded(switch, change, detached=True)


def _known(content: str) -> str:
    """Return the text with each line ended where it has an unreadable secret."""
    return "\n".join(line.partition("\0")[0] for line in content.split("\n"))


def _hash_of_known(file: File) -> str:
    """Script that prints the hash of a file, of whose lines with a secret only the beginning.

    So no secret is needed to tell whether the rest has changed; its value is not compared.
    """
    ends = [line.find("\0") for line in file.content.encode().decode("latin-1").split("\n")]
    cuts = "; ".join(
        f"{number}s/^(.{{{end}}}).*/\\1/" for number, end in enumerate(ends, 1) if end >= 0
    )
    path = words([file.path])
    return (
        f"[ -f {path} ] && echo \"$(LC_ALL=C sed -E '{cuts}' -- {path} | sha256sum | cut -c 1-64)\""
        f"'  '{path}\n"
    )


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode(errors="replace")
    except binascii.Error as error:
        raise Unreadable(f"a file's text did not arrive whole: {error}") from error
