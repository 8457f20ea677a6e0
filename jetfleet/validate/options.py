"""Checks of a service's options against the parser of the vLLM in its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.known_bad import pairs
from jetfleet.catalog.vllm import exists_in, options, plain_option, versions
from jetfleet.catalog.vllm_value import expected_value
from jetfleet.spec.show import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.vllm import OptionTable
    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import Subject


def check_options(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each option that the image's vLLM does not know or cannot read."""
    image = subject.image(service)
    if image is None or image.vllm is None:
        return
    table = options(image.vllm)
    # Between two tables an option may have come: what is not in the older one may exist.
    sure = table.version == image.vllm
    explained = {pair.when["name"].lower() for pair in pairs() if "name" in pair.when}
    for name, value in service.flags.items():
        if plain_option(name).lower().replace("-", "_") in explained:
            continue
        path = ("services", service.name, "flags", name)
        option = table.find(name)
        if option is None:
            found = f"the unknown option {name}"
            expected = f"an option of vLLM {image.vllm} in {image.ref}"
            yield subject.problem(path, found, expected, _remedy(table, name), warning=not sure)
            continue
        wrong = _wrong_value(table, name, value) or expected_value(option, value, part="." in name)
        if wrong:
            remedy = f"correct it: vLLM {image.vllm} would refuse to start"
            yield subject.problem(path, show(value), wrong, remedy)


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
