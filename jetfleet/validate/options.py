"""Checks of a service's options against the parser of the server in its image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_value import expected_value
from jetfleet.catalog.rules import rules
from jetfleet.catalog.version import parts
from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.format_value import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.images import KnownImage
    from jetfleet.catalog.option_table import Gone, Option, OptionTable
    from jetfleet.runtimes.base import Runtime
    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service

_UNKNOWN, _VALUE, _SHORT = "option-unknown", "option-value", "option-abbreviated"


def check_options(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each option that the image's server does not know or cannot read.

    It is a warning where the option may exist nevertheless: in a version between two tables, or in
    a table that is not of a version.
    """
    for group in runtime_of(service).option_groups(service):
        runtime, image = group.runtime, subject.image(service)
        table = runtime.tables.of(runtime.engine(image)) if runtime else None
        if runtime and table and table.version:
            yield from _by_version(subject, group, _Known(runtime, table, image))
        elif runtime and table:
            yield from _by_one_table(subject, group, _Known(runtime, table, image))


@dataclass(frozen=True)
class _Known:
    """A runtime with the table that is nearest to the version in an image."""

    runtime: Runtime[Any]
    table: OptionTable
    image: KnownImage | None

    @property
    def title(self) -> str:
        return f"{self.runtime.title} {self.runtime.engine(self.image) or ''}".rstrip()

    @property
    def sure(self) -> bool:
        """Whether the table is of exactly that version; else another option may have come."""
        return self.table.version == self.runtime.engine(self.image)

    def may_lack(self, gone: Gone) -> bool:
        """Return whether this version may be one that has no such option any more."""
        version = self.runtime.engine(self.image)
        return version is None or parts(version) >= parts(gone.since)


def _by_version(subject: Subject, group: OptionGroup, known: _Known) -> Iterator[Problem]:
    explained = {rule.option for rule in rules().values() if rule.option_or_variable}
    for name, value in group.written.items():
        option = known.table.find(name)
        if name.lower() in explained:
            continue
        if option is None and _is_abbreviated(group, known, name):
            yield _abbreviated(subject, group, known, name)
            continue
        if option is None:
            found = f"the unknown option {subject.spelled(group.at(name))}"
            ref = known.image.ref if known.image else ""
            expected = f"an option of {known.title} in {ref}"
            remedy = _remedy(known, name)
            yield subject.problem(
                group.at(name), found, expected, remedy, warning=not known.sure, rule=_UNKNOWN
            )
            continue
        wrong = _wrong_switch(known, option, name, value)
        wrong = wrong or expected_value(option, value, part="." in name)
        if wrong:
            remedy = f"correct it: {known.title} would refuse to start"
            yield subject.problem(group.at(name), format_value(value), wrong, remedy, rule=_VALUE)


def _by_one_table(subject: Subject, group: OptionGroup, known: _Known) -> Iterator[Problem]:
    """Yield a warning for an option that the table lacks, and a problem for a wrong value.

    One that the table lacks and that no form of the command line can switch off is a problem too,
    and one that this version of the program has no more.
    """
    title, table = known.runtime.title, known.table
    of_any = replace(known, image=None)
    for name, value in group.written.items():
        option = table.find(name)
        if option is None and _is_abbreviated(group, of_any, name):
            yield _abbreviated(subject, group, of_any, name)
            continue
        if option is None:
            near, sure = table.nearest(name), value is False and not table.negates
            remedy = f"did you mean {' or '.join(near)}?" if near else "check it in its manual"
            if sure:
                remedy = f"remove it: {title} cannot switch it off by an option"
            found = f"the unknown option {subject.spelled(group.at(name))}"
            expected = f"an option of {title}"
            yield subject.problem(
                group.at(name), found, expected, remedy, warning=not sure, rule=_UNKNOWN
            )
            continue
        if option.gone and known.may_lack(option.gone):
            yield _gone(subject, group, known, name, option.gone)
            continue
        wrong = expected_value(option, value)
        if wrong:
            remedy = f"correct it: {title} would refuse to start"
            yield subject.problem(group.at(name), format_value(value), wrong, remedy, rule=_VALUE)


def _gone(subject: Subject, group: OptionGroup, known: _Known, name: str, gone: Gone) -> Problem:
    """Return the problem of an option that was removed; a warning if the version is not known."""
    spelled, title = subject.spelled(group.at(name)), known.runtime.title
    found = f"{spelled}, which {title} has no more since {gone.since} or earlier"
    unknown = known.runtime.engine(known.image) is None
    expected = f"an option of {title} in the image"
    return subject.problem(
        group.at(name), found, expected, gone.instead, warning=unknown, rule=_UNKNOWN
    )


def _is_abbreviated(group: OptionGroup, known: _Known, name: str) -> bool:
    """Tell whether a parser takes an unknown name for the options that begin with it.

    Options of an entry of a repository pass no parser. A whole name of another version is one that
    its writer means.
    """
    runtime = known.runtime
    own = group.backend is None and runtime.abbreviates and not runtime.tables.exists_in(name)
    return own and bool(known.table.begun(name))


def _abbreviated(subject: Subject, group: OptionGroup, known: _Known, name: str) -> Problem:
    """Return the problem of an option's beginning, which the parser takes for the option.

    It is refused, because no other check would see the option in it.
    """
    spelled, whole = subject.spelled(group.at(name)), known.table.begun(name)
    options = " or ".join(whole[:3]) + (" or others" if len(whole) > 3 else "")  # noqa: PLR2004
    found = f"{spelled}, which is short for {options} in {known.title}"
    remedy = f"write {options}"
    if len(whole) == 1:
        versions = known.runtime.tables.exists_in(whole[0])
        newest = known.runtime.tables.versions[-1:]
        if newest and versions[-1:] != newest:
            remedy += f"; versions after {known.runtime.title} {versions[-1]} do not have it"
    expected = "the whole name of an option"
    return subject.problem(group.at(name), found, expected, remedy, rule=_SHORT)


def _wrong_switch(known: _Known, option: Option, name: str, value: object) -> str | None:
    """Return what a switch that cannot be switched off expects instead of false."""
    if value is False and not option.takes_value and not known.table.negation(name):
        title = known.runtime.title
        return f"true: this {title} cannot switch it off, so leave it out"
    return None


def _remedy(known: _Known, name: str) -> str:
    title, tables = known.runtime.title, known.runtime.tables
    elsewhere = tables.exists_in(name)
    if elsewhere:
        found = _span(elsewhere, tables.versions[-1], title)
        return f"it exists {found}; remove it or choose such an image"
    near = known.table.nearest(name)
    return f"did you mean {' or '.join(near)}?" if near else f"no known {title} has it: remove it"


def _span(found: tuple[str, ...], newest: str, title: str) -> str:
    """Return in words in which versions something exists."""
    if found[-1] == newest:
        return f"from {title} {found[0]} on"
    first = f"in {title} {found[0]}"
    return f"{first} to {found[-1]}" if len(found) > 1 else first
