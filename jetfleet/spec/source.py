"""Where a model comes from: each folder of `jetfleet/hubs` adds the form of its sources."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic_core import core_schema

from jetfleet.hubs.folders import folders, module_of
from jetfleet.spec.frozen import FrozenDict
from jetfleet.spec.invalid import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler

    from jetfleet.spec.source_form import Layout, SourceForm

_FOUND: tuple[SourceForm, ...] = tuple(module_of(folder, "spec").FORM for folder in folders())

FORMS: Mapping[str, SourceForm] = {
    form.hub: form for form in sorted(_FOUND, key=lambda form: form.hub)
}
"""The form of each hub's sources, by the hub's name."""


def hubs_with(layout: Layout) -> frozenset[str]:
    """Return the names of the hubs whose models have this layout on a board."""
    return frozenset(form.hub for form in FORMS.values() if form.layout == layout)


@dataclass(frozen=True)
class Source:
    """The source of a model; `str()` gives it as it was written.

    Parameters
    ----------
    hub:
        The hub's name, which is the word before the first colon.
    parts:
        The named parts that were written, by their names in the hub's pattern.

    """

    hub: str
    parts: Mapping[str, str] = field(compare=False)
    written: str

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that a text names; raise `ValueError` for text in another form."""
        hub, _, reference = text.partition(":")
        found = re.fullmatch(FORMS[hub].pattern, reference) if hub in FORMS else None
        if found is None:
            raise ValueError(text)
        parts = {name: part for name, part in found.groupdict().items() if part is not None}
        return cls(hub, FrozenDict(parts), text)

    @property
    def form(self) -> SourceForm:
        """The form of its hub's sources."""
        return FORMS[self.hub]

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
        known = FORMS.get(text.partition(":")[0])
        if known:
            raise invalid(f"a model as in {known.written}", "correct it") from None
        shapes = ", ".join(form.written for form in FORMS.values())
        raise invalid(f"one of {shapes}", "write one of these forms") from None
