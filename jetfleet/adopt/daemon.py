"""The settings of the Docker engine, from its daemon.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.redaction import HIDDEN, looks_like_key
from jetfleet.resources import Daemon, Unreadable
from jetfleet.spec.free import texts as texts_in
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jetfleet.resources.daemon.flags import Flag

_NAMED = {"data-root": "data_root", "default-runtime": "default_runtime"}


def describe_daemon(texts: Mapping[str, str]) -> BoardFacts:
    """Return `docker` if an engine runs and its settings can be read."""
    daemon = Daemon(settings="{}", drop_in="")
    try:
        state = Daemon.read(texts.get("docker", ""), [daemon])[daemon.key]
    except Unreadable as error:
        return BoardFacts(seen=[f"Docker: {error}"])
    if not state.engine:
        return BoardFacts(seen=["there is no Docker engine on the board"])
    if not (state.active and state.enabled):
        how = "does not run" if not state.active else "does not start at boot"
        return BoardFacts(
            seen=[f"Docker {how}: `docker` is left out, write it to have that repaired"]
        )
    try:
        settings = read_object(state.config or "{}")
    except ValueError:
        return BoardFacts(
            seen=["/etc/docker/daemon.json is not valid JSON: Docker will fail at its next start"]
        )
    found = _keys(settings)
    found.seen += _by_flags(state.flags)
    return found


def _by_flags(flags: Iterable[Flag]) -> Iterator[str]:
    """Yield a note for each file with flags of dockerd: their values are not in the spec."""
    by_file: dict[str, list[Flag]] = {}
    for flag in flags:
        if not flag.stock:
            by_file.setdefault(flag.path, []).append(flag)
    for path, here in sorted(by_file.items()):
        names, keys = (", ".join(texts) for texts in ([f.name for f in here], _keys_of(here)))
        how = f"write them under `docker` (as {keys})" if keys else "write them as keys of `docker`"
        yield (
            f"{path} starts dockerd with {names}: the values of flags are not in the spec; {how}, "
            f"and remove the flags from {path}, before you remove `adopted`"
        )


def _keys_of(flags: Iterable[Flag]) -> list[str]:
    """Return how the spec spells the keys that these flags set."""
    keys = dict.fromkeys(flag.key for flag in flags if flag.key)
    return [_NAMED.get(key, f"daemon.{key}") for key in keys]


def _keys(settings: Mapping[str, Any]) -> BoardFacts:
    found = BoardFacts()
    docker: dict[str, Any] = {_NAMED[key]: settings.get(key) for key in _NAMED}
    if docker["data_root"] is None:
        del docker["data_root"]
    rest = {key: value for key, value in settings.items() if key not in _NAMED}
    for key in [key for key, value in rest.items() if _holds_secret(value)]:
        del rest[key]
        found.seen.append(
            f"{key} in /etc/docker/daemon.json holds what looks like a secret: it is left out"
        )
    found.keys["docker"] = {**docker, **({"daemon": rest} if rest else {})}
    return found


def _holds_secret(value: object) -> bool:
    return any(HIDDEN in text or looks_like_key(text) for _, text in texts_in(value))
