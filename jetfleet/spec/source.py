"""Where a model comes from: one form for each kind of hub."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic_core import core_schema

from jetfleet.spec.frozen import FrozenDict
from jetfleet.spec.invalid import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler

_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REPOSITORY = rf"(?P<name>{_WORD}/{_WORD})"

_FORMS = {
    "ngc": (
        "ngc:ORG/[TEAM/]NAME:VERSION",
        rf"(?P<org>{_WORD})/((?P<team>{_WORD})/)?(?P<name>{_WORD}):(?P<version>{_WORD}(\+{_WORD})?)",
    ),
    "hf": (
        "hf:ORG/NAME[@REVISION]",
        rf"{_REPOSITORY}(@(?P<revision>{_WORD}(/{_WORD})*))?",
    ),
    "modelscope": (
        "modelscope:ORG/NAME[@REVISION]",
        rf"{_REPOSITORY}(@(?P<revision>{_WORD}))?",
    ),
    "ollama": (
        "ollama:[[HOST/]NAMESPACE/]MODEL[:TAG]",
        rf"(((?P<host>{_WORD})/)?(?P<namespace>{_WORD})/)?(?P<name>{_WORD})(:(?P<tag>{_WORD}))?",
    ),
    "https": (
        "https://HOST/PATH/FILE",
        rf"//(?P<host>{_WORD}(:[0-9]+)?)/(?P<path>([A-Za-z0-9._~%+=@-]+/)*(?P<file>{_WORD}))",
    ),
    "file": ("file:FOLDER", r"(?P<folder>(~?/)?[A-Za-z0-9._+@][A-Za-z0-9._/+@-]*)"),
}
"""The kinds of source: how each is written, and a pattern for what follows its first colon."""

WITH_FOLDERS = frozenset({"ngc", "hf", "modelscope", "file"})
"""Sources that have many files, of which some can be chosen."""

WITH_KEYS = frozenset({"ngc", "hf", "modelscope"})
"""Sources that accept a key."""


@dataclass(frozen=True)
class Source:
    """The source of a model; `str()` gives it as it was written.

    Parameters
    ----------
    hub:
        The kind of hub: ``ngc``, ``hf``, ``modelscope``, ``ollama``, ``https`` or ``file``.
    parts:
        The named parts that were written, by their names in the patterns above.

    """

    hub: str
    parts: Mapping[str, str] = field(compare=False)
    written: str

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that a text names; raise `ValueError` for text in another form."""
        hub, _, reference = text.partition(":")
        found = re.fullmatch(_FORMS[hub][1], reference) if hub in _FORMS else None
        if found is None:
            raise ValueError(text)
        parts = {name: part for name, part in found.groupdict().items() if part is not None}
        return cls(hub, FrozenDict(parts), text)

    @property
    def ollama_name(self) -> str:
        """The name by which an Ollama server lists the model, such as ``qwen3:1.7b``."""
        where = [self.parts[part] for part in ("host", "namespace") if part in self.parts]
        return "/".join([*where, f"{self.parts['name']}:{self.parts.get('tag', 'latest')}"])

    def __str__(self) -> str:
        return self.written

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Read the source of a model of a spec."""
        return core_schema.no_info_after_validator_function(
            _parse_written, core_schema.str_schema()
        )


def _parse_written(text: str) -> Source:
    try:
        return Source.parse(text)
    except ValueError:
        known = _FORMS.get(text.partition(":")[0])
        if known:
            raise invalid(f"a model as in {known[0]}", "correct it") from None
        shapes = ", ".join(shape for shape, _ in _FORMS.values())
        raise invalid(f"one of {shapes}", "write one of these forms") from None
