"""Checks of a service's options against the parser of the server in its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.option_table import exists_in, options, plain_option, versions
from jetfleet.catalog.option_value import expected_value
from jetfleet.catalog.options import option_table, tables
from jetfleet.catalog.rules import rules
from jetfleet.spec.show import show
from jetfleet.validate.flags import all_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.option_table import OptionTable
    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.flags import Flags
    from jetfleet.validate.subject import Subject


def check_options(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each option that the image's server does not know or cannot read."""
    for flags in all_flags(service):
        if flags.program == "vllm":
            yield from _of_vllm(subject, service, flags)
        elif flags.program in tables():
            yield from _of_other(subject, flags)


def _of_vllm(subject: Subject, service: Service, flags: Flags) -> Iterator[Problem]:
    image = subject.image(service)
    if image is None or image.vllm is None:
        return
    table = options(image.vllm)
    # Between two tables an option may have come: what is not in the older one may exist.
    sure = table.version == image.vllm
    named = (rule.conditions.get("name") for rule in rules().values())
    explained = {name.lower() for name in named if name}
    for name, value in flags.written.items():
        if plain_option(name).lower().replace("-", "_") in explained:
            continue
        path = (*flags.path, name)
        option = table.find(name)
        if option is None:
            found = f"the unknown option {name}"
            expected = f"an option of vLLM {image.vllm} in {image.ref}"
            remedy = _remedy(table, name)
            yield subject.problem(path, found, expected, remedy, warning=not sure, rule=_UNKNOWN)
            continue
        wrong = _wrong_value(table, name, value) or expected_value(option, value, part="." in name)
        if wrong:
            remedy = f"correct it: vLLM {image.vllm} would refuse to start"
            yield subject.problem(path, show(value), wrong, remedy, rule=_VALUE)


_UNKNOWN, _VALUE = "option-unknown", "option-value"


def _of_other(subject: Subject, flags: Flags) -> Iterator[Problem]:
    """Yield a warning for an option that the table lacks, and a problem for a wrong value.

    One that the table lacks and that no form of the command line can switch off is a problem too.
    """
    table = option_table(flags.program)
    for name, value in flags.written.items():
        path, option = (*flags.path, name), table.find(name)
        if option is None:
            near = table.nearest(name)
            found, expected = f"the unknown option {name}", f"an option of {flags.program}"
            remedy = f"did you mean {' or '.join(near)}?" if near else "check it in its manual"
            sure = value is False and not table.negates
            if sure:
                remedy = f"take it out: {flags.program} has no form that says no"
            yield subject.problem(path, found, expected, remedy, warning=not sure, rule=_UNKNOWN)
            continue
        wrong = expected_value(option, value)
        if wrong:
            remedy = f"correct it: {flags.program} would refuse to start"
            yield subject.problem(path, show(value), wrong, remedy, rule=_VALUE)


def _wrong_value(table: OptionTable, name: str, value: object) -> str | None:
    """Return what a switch that cannot be switched off expects instead of false."""
    option = table.find(name)
    if value is False and option and not option.takes_value and not table.negation(name):
        return "true: this vLLM cannot switch it off, so leave it out"
    return None


def _remedy(table: OptionTable, name: str) -> str:
    elsewhere = exists_in(name)
    if elsewhere:
        return f"it exists {_span(elsewhere)}; take it out or choose such an image"
    near = table.nearest(name)
    return f"did you mean {' or '.join(near)}?" if near else "no known vLLM has it: take it out"


def _span(found: tuple[str, ...]) -> str:
    """Return in words in which versions something exists."""
    if found[-1] == versions()[-1]:
        return f"from vLLM {found[0]} on"
    return f"in vLLM {found[0]} to {found[-1]}" if len(found) > 1 else f"in vLLM {found[0]}"
