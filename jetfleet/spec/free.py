"""Free JSON in a spec: keys of daemon.json, environment variables, settings of roles."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, JsonValue, Tag
from pydantic_core import PydanticCustomError

from jetfleet.spec.frozen import freeze
from jetfleet.spec.invalid import InvalidAt, invalid, raise_invalid
from jetfleet.spec.position import KeyPath
from jetfleet.spec.secret import REMEDY, WRITTEN, Secret, SecretRef, names_a_secret
from jetfleet.spec.text import EnvName, FreeText, Name, free_text


def texts(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield every text in a JSON value with its path; the key of a mapping has its item's path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield (*path, key), key
            yield from texts(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


def bad_texts(value: object) -> Iterator[InvalidAt]:
    """Yield an error for each text in a JSON value that a program could misread."""
    for path, text in texts(value):
        error = _text_error(text)
        if error:
            yield path, error


def _text_error(text: str) -> PydanticCustomError | None:
    try:
        free_text(text)
    except PydanticCustomError as error:
        return error
    return None


def _free_texts(value: dict[str, Any]) -> dict[str, Any]:
    raise_invalid(bad_texts(value))
    return value


def _no_plain_secret(value: dict[str, Any]) -> dict[str, Any]:
    raise_invalid(_plain_secrets(value))
    return value


def _plain_secrets(value: object, path: KeyPath = (), name: str = "") -> Iterator[InvalidAt]:
    """Yield an error for each text whose key, `name`, is that of a secret."""
    if isinstance(value, str) and names_a_secret(name):
        yield path, invalid(f"a reference, such as {{env: {name.upper()}}}", REMEDY, WRITTEN)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _plain_secrets(item, (*path, key), key)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _plain_secrets(item, (*path, index), name)


def _text_or_reference(value: object) -> str:
    return "reference" if isinstance(value, (dict, SecretRef)) else "text"


FreeJson = Annotated[dict[str, JsonValue], AfterValidator(_free_texts), AfterValidator(freeze)]
EnvValue = Annotated[
    Annotated[FreeText, Tag("text")] | Annotated[Secret, Tag("reference")],
    Discriminator(_text_or_reference),
]
Env = Annotated[dict[EnvName, EnvValue], AfterValidator(_no_plain_secret), AfterValidator(freeze)]
_Body = Annotated[
    dict[str, JsonValue], AfterValidator(_free_texts), AfterValidator(_no_plain_secret)
]
RoleBodies = Annotated[dict[Name, _Body], AfterValidator(freeze)]
"""Settings by the name of their role; the role's own model checks them when a deploy is known."""
