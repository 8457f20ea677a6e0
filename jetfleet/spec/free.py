"""Free JSON in a spec: options of a server, keys of daemon.json, environment variables."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, JsonValue, Tag
from pydantic_core import PydanticCustomError

from jetfleet.spec.frozen import freeze
from jetfleet.spec.invalid import InvalidAt, invalid, raise_invalid
from jetfleet.spec.position import KeyPath
from jetfleet.spec.secret import REMEDY, WRITTEN, Secret, SecretRef, names_a_secret
from jetfleet.spec.text import EnvName, FreeText, free_text

_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

# What has a key of its own in the spec, because more than the command line depends on it.
_OWN_KEYS = {
    "port": "`port` of the service",
    "host": "`host` of the service",
    "model": "`model` of the service",
    "served-model-name": "`served_name` of the service",
    "config": "`flags`; jetfleet writes the file that --config names",
}
_SECRET_OPTIONS = {"api-key": "VLLM_API_KEY", "hf-token": "HF_TOKEN"}


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


def _bad_texts(value: object) -> Iterator[InvalidAt]:
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
    raise_invalid(_bad_texts(value))
    return value


def _option_error(name: str, value: object) -> PydanticCustomError | None:
    plain = name.replace("_", "-")
    if not _OPTION.fullmatch(name):
        remedy = f"write {name.lstrip('-') or 'its name'}"
        return invalid("the name of an option without its dashes", remedy, name)
    if plain in _OWN_KEYS:
        return invalid(f"no option {plain} here", f"write it as {_OWN_KEYS[plain]}", name)
    if plain in _SECRET_OPTIONS and not isinstance(value, bool):
        variable = _SECRET_OPTIONS[plain]
        remedy = f"take it out, and write env: {{{variable}: {{env: {variable}}}}} instead"
        return invalid("no secret among the options", remedy, WRITTEN)
    return None


def _options(flags: dict[str, Any]) -> dict[str, Any]:
    errors = {name: _option_error(name, value) for name, value in flags.items()}
    named: list[InvalidAt] = [((name,), error) for name, error in errors.items() if error]
    texts_of_others = {name: value for name, value in flags.items() if not errors[name]}
    raise_invalid([*named, *_bad_texts(texts_of_others)])
    return flags


def _no_plain_secret(env: dict[str, Any]) -> dict[str, Any]:
    raise_invalid(
        ((name,), invalid(f"a reference, such as {{env: {name}}}", REMEDY, WRITTEN))
        for name, value in env.items()
        if isinstance(value, str) and names_a_secret(name)
    )
    return env


def _text_or_reference(value: object) -> str:
    return "reference" if isinstance(value, (dict, SecretRef)) else "text"


FreeJson = Annotated[dict[str, JsonValue], AfterValidator(_free_texts), AfterValidator(freeze)]
Options = Annotated[dict[str, JsonValue], AfterValidator(_options), AfterValidator(freeze)]
EnvValue = Annotated[
    Annotated[FreeText, Tag("text")] | Annotated[Secret, Tag("reference")],
    Discriminator(_text_or_reference),
]
Env = Annotated[dict[EnvName, EnvValue], AfterValidator(_no_plain_secret), AfterValidator(freeze)]
