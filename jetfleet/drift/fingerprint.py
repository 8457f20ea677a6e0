"""Hashes of what boards have and of what is desired, to tell whether they are as before."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jetfleet.resources.base import attributes
from jetfleet.survey.survey import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources.base import Attribute, Resource


_TO_JSON = json.JSONEncoder(sort_keys=True, check_circular=False).encode


def desired_hash(resource: Resource[Any]) -> str:
    """Hash of a desired state; a secret's value is left out, for short ones could be guessed."""
    return _hash([resource.key, _values(resource.attributes), resource.details()])


def state_hash(resource: Resource[Any]) -> str:
    """Hash that `observed_hash` will have once a board is in sync; empty if the kind cannot say."""
    return _hash(_values(resource.attributes)) if resource.stands_alone else ""


def observed_hash(resource: Resource[Any], actual: Any) -> str:  # noqa: ANN401
    """Hash of what a board has, whatever is desired; empty if the kind cannot say."""
    return _hash(_values(attributes(resource.observed(actual)))) if resource.stands_alone else ""


def desired_of(resources: Mapping[str, Resource[Any]]) -> str:
    """Hash of all that is wanted on a host: another spec or lock that renders the same has it."""
    return _hash({key: desired_hash(resource) for key, resource in resources.items()})


def survey_of(resources: Mapping[str, Resource[Any]], actual: Mapping[str, Any]) -> str:
    """Hash of what a survey found: of each resource its attributes, or why it is unknown.

    It is the same for a state and for what that becomes by itself; see `Resource.settled`.
    """
    return _hash({key: _seen(resources[key], state) for key, state in actual.items()})


def fixed_in(resources: Mapping[str, Resource[Any]], actual: Mapping[str, Any]) -> dict[str, str]:
    """Hash of each resource, without the attributes that change by themselves."""
    return {key: _hash(_seen(resources[key], state, fixed=True)) for key, state in actual.items()}


def _seen(resource: Resource[Any], actual: Any, *, fixed: bool = False) -> object:  # noqa: ANN401
    if isinstance(actual, Unknown):
        return actual.reason
    want = resource.attributes
    # Of what must not be hashed, only whether it is in sync.
    return {
        name: [one.value, one.beside is None or one == want.get(name)]
        for name, one in attributes(resource.observed(resource.settled(actual))).items()
        if not (fixed and resource.by_itself(name))
    }


def _values(named: Mapping[str, Attribute]) -> dict[str, Any]:
    return {name: one.value for name, one in named.items()}


def _hash(value: object) -> str:
    return hashlib.sha256(_TO_JSON(value).encode()).hexdigest()[:16]
