"""References of container images, in the form that Docker resolves them to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic_core import core_schema

from jetfleet.spec.invalid import invalid

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_WRITTEN = re.compile(
    r"[a-z0-9][A-Za-z0-9._/-]*(:[0-9]+/[A-Za-z0-9._/-]+)?"
    r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})"
)


@dataclass(frozen=True)
class ImageRef:
    """An image's reference; two ways to write one image are equal.

    `str()` gives what was written, for messages; `full` is the same for all ways to write it.
    https://pkg.go.dev/github.com/distribution/reference

    Parameters
    ----------
    registry:
        The registry's host, with its port if it has one; ``docker.io`` where none was written.
    repository:
        The path in the registry, such as ``library/nginx``.
    tag:
        Empty only beside a digest; ``latest`` where neither was written.
    digest:
        ``sha256:…``, or empty.

    """

    registry: str
    repository: str
    tag: str
    digest: str = ""
    written: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Return the reference that a text names; the text itself is not checked."""
        path, _, digest = text.partition("@")
        folder, slash, last = path.rpartition("/")
        name, _, tag = last.partition(":")
        first, _, rest = f"{folder}{slash}{name}".partition("/")
        if not rest or not ("." in first or ":" in first or first == "localhost"):
            # A name without a registry is Docker Hub's; without a folder, it is an official image.
            first, rest = "docker.io", f"{first}/{rest}" if rest else f"library/{first}"
        bare = not tag and not digest
        written = f"{text}:latest" if bare else text
        return cls(first, rest, "latest" if bare else tag, digest, written)

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def full(self) -> str:
        """The whole reference with its registry: the key of the image in a lock."""
        return f"{self.tagged}@{self.digest}" if self.digest else self.tagged

    @property
    def tagged(self) -> str:
        """Name and tag, without the digest."""
        return f"{self.name}:{self.tag}" if self.tag else self.name

    @property
    def version(self) -> str:
        """What a registry is asked for: the digest if there is one, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return self.written or self.full

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Read a reference of a spec, which must name a tag or a digest."""
        return core_schema.no_info_after_validator_function(
            _parse_written, core_schema.str_schema()
        )


def _parse_written(text: str) -> ImageRef:
    if not _WRITTEN.fullmatch(text):
        raise invalid(
            "an image with its tag or digest, such as nvcr.io/nvidia/vllm:26.01-py3",
            "write registry, name and tag: without a tag it can change at any time",
        )
    return ImageRef.parse(text)
