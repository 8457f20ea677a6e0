"""Addresses in a spec that replace those of model hubs: a mirror, or a hub of a company."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from jetfleet.spec.frozen import freeze
from jetfleet.spec.invalid import invalid, raise_invalid
from jetfleet.spec.source import FORMS
from jetfleet.spec.suggest import did_you_mean
from jetfleet.spec.text import HttpBase


def _known(addresses: dict[str, str]) -> dict[str, str]:
    names = [form.hub for form in FORMS.values() if form.has_address]
    raise_invalid(
        (
            (name,),
            invalid(f"one of {', '.join(names)}", did_you_mean(name, names), f"the hub {name}"),
        )
        for name in addresses
        if name not in names
    )
    return addresses


HubAddresses = Annotated[dict[str, HttpBase], AfterValidator(_known), AfterValidator(freeze)]
