"""The keys of daemon.json: their forms, and the releases of Docker that have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jetfleet.catalog.data_file import read_data
from jetfleet.catalog.version import parts

KeyPath = tuple[str | int, ...]

_FORMS: Mapping[str, tuple[str, str, tuple[type, ...]]] = {
    "text": ("text", "put it in quotes", (str,)),
    "number": ("a whole number", "write it without quotes", (int,)),
    "switch": ("true or false", "write it without quotes", (bool,)),
    "list": ("a list", "write [VALUE]", (list, tuple)),
    "dict": ("a mapping", "write {KEY: VALUE}", (dict,)),
}
"""How a form is called, how to write it, and the types of its values."""
_ANY = "any"
_OTHERS = "*"


@dataclass(frozen=True)
class WrongKey:
    """A key that dockerd does not know, or a value of another form than it takes.

    Parameters
    ----------
    path:
        Where it is in daemon.json; of an unknown key its last step is that key.
    value:
        What stands there.
    expected:
        The form in words; empty for an unknown key.
    remedy:
        How to write that form.
    known:
        The keys that are known at the place of an unknown key.

    """

    path: KeyPath
    value: object
    expected: str = ""
    remedy: str = ""
    known: tuple[str, ...] = ()


def known_keys() -> tuple[str, ...]:
    """Return all keys of daemon.json, sorted."""
    return tuple(read_data("daemon.json")["keys"])


def wrong_keys(settings: Mapping[str, Any]) -> Iterator[WrongKey]:
    """Yield what dockerd would refuse in these settings, whatever its release."""
    yield from _wrong(settings, read_data("daemon.json")["keys"], ())


def key_of_flag(flag: str) -> str:
    """Return the key of daemon.json that a flag of dockerd sets, such as ``-H`` `hosts`."""
    name = flag.lstrip("-")
    data = read_data("daemon.json")
    return str(data["flags"].get(name, name if name in data["keys"] else ""))


def missing_in(key: str, release: tuple[int, ...]) -> str:
    """Return why a release of Docker does not have a key, as a part of a sentence; empty if it has.

    `release` is the first two numbers of the version.
    """
    bound = read_data("daemon.json")["bounds"].get(key, {})
    since, removed = bound.get("since"), bound.get("removed")
    if since is not None and release < parts(since):
        return f"which Docker has since {since}"
    if removed is not None and release >= parts(removed):
        return f"which was removed in Docker {removed}"
    return ""


def _wrong(value: object, form: object, path: KeyPath) -> Iterator[WrongKey]:
    # dockerd takes null for a key that is not set.
    if value is None or form == _ANY:
        return
    expected, remedy, kinds = _FORMS[form if isinstance(form, str) else type(form).__name__]
    if not isinstance(value, kinds) or (form == "number" and isinstance(value, bool)):
        yield WrongKey(path, value, expected, remedy)
    elif isinstance(form, list) and isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _wrong(item, form[0], (*path, index))
    elif isinstance(form, Mapping) and isinstance(value, Mapping):
        yield from _wrong_inside(value, form, path)


def _wrong_inside(
    value: Mapping[str, object], form: Mapping[str, object], path: KeyPath
) -> Iterator[WrongKey]:
    for key, item in value.items():
        if key in form or _OTHERS in form:
            yield from _wrong(item, form.get(key, form.get(_OTHERS)), (*path, key))
        else:
            yield WrongKey((*path, key), item, known=tuple(form))
