"""Services that were set up by hand: running containers, and units that serve models."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jetfleet.adopt import units
from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.adopt.docker_keys import container_keys, docker_keys, lost
from jetfleet.adopt.folders import read_links
from jetfleet.adopt.held import held_by_container, held_by_unit, served_path, write_models
from jetfleet.adopt.starts import Starts
from jetfleet.cmdline import parse_cmdline, server_among, server_of
from jetfleet.redaction import HIDDEN
from jetfleet.resources.adopted.container import Container, read_containers
from jetfleet.resources.adopted.service import facts_of_unit, one_line
from jetfleet.resources.service import LABEL
from jetfleet.runtimes.registry import any_container, calls, runtimes
from jetfleet.spec.adopted import ADOPTED, AdoptedService
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.adopt.models import FoundModel as Model
    from jetfleet.cmdline import Call
    from jetfleet.runtimes.base import Runtime

Body = dict[str, Any]

_NATIVE = ("host", "port")
"""Options that are keys of a service with the same name."""


def describe_services(texts: Mapping[str, str], models: Sequence[Model]) -> BoardFacts:
    """Return `services` for what serves models or runs in a container, and what else was seen.

    A container and the unit that starts it are one service.
    """
    found = BoardFacts(keys={"services": {}})
    services: dict[str, Body] = found.keys["services"]
    links = read_links(texts.get("folders", ""))
    starts = Starts.of(units.read(texts.get("units", "")))
    for container in read_containers(texts.get("containers", "")):
        if LABEL in container.labels:
            continue
        if container.status != "running":
            found.seen.append(
                f"the container {container.name} ({container.image}) is {container.status}"
            )
            continue
        body = _of_container(container, models, links)
        unit = starts.unit_of(container)
        if unit is not None:
            body["made"]["unit"] = unit["Id"]
            _enabled(body["made"], facts_of_unit(unit))
        _take(services, container.name, body, found)
        found.seen += starts.hints(container)
        found.seen += _lost(container, body, models, links)
    for shown in starts.others:
        facts = facts_of_unit(shown)
        serves = server_of(facts["command"].split(), calls())
        in_container = bool(starts.of_unit[shown["Id"]])
        if serves and facts["state"] == "active" and not in_container:
            body = _of_unit(shown["Id"], serves, facts, models)
            _take(services, shown["Id"].rpartition(".")[0], body, found)
        else:
            what = facts["command"] or "no command"
            found.seen.append(f"the unit {shown['Id']} ({facts['state']}) runs {what}")
    found.seen += starts.notes
    return found


def _lost(
    container: Container, body: Body, models: Sequence[Model], links: Mapping[str, str]
) -> list[str]:
    """Return a sentence on what the keys of a service do not say of a container."""
    names = {body.get("model"), *body.get("models", ())}
    held = [model.folder for model in models if model.name in names]
    gone = lost(body, container, held, links)
    if not gone:
        return []
    why = "has what a service under `services` has no key for, and loses it when it is moved there"
    return [f"{container.name} {why}: {', '.join(gone)}"]


def _take(services: dict[str, Body], name: str, body: Body, found: BoardFacts) -> None:
    """Add a service if a spec can say it; otherwise report the reason."""
    free = _free_name(name, services)
    try:
        ADOPTED[body["runtime"]].model_validate({**body, "name": free})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        expected = first.get("ctx", {}).get("expected", first["msg"])
        where = ".".join(str(step) for step in first["loc"])
        found.seen.append(f"{name} runs and a spec cannot say it: {where} is not {expected}")
        return
    services[free] = body


def _free_name(name: str, services: Mapping[str, Body]) -> str:
    """Return a name for the spec that no other service has."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-")[:_NAME_LENGTH]
    more = (f"{plain}-{number}" for number in count(2))
    return next(one for one in chain([plain], more) if one not in services)


_NAME_LENGTH = 60
"""Characters of a name, less than a spec allows: a number may follow."""


def _enabled(made: Body, facts: Mapping[str, str]) -> None:
    if facts["enabled"] != "yes":
        made["enabled"] = False


def _of_container(container: Container, models: Sequence[Model], links: Mapping[str, str]) -> Body:
    served = server_among((process.words for process in container.processes), calls())
    runtime = runtimes()[served[0].server] if served else any_container()
    body: Body = {"runtime": runtime.name}
    if not container.image.startswith("sha256:"):
        body["image"] = str(ImageRef.parse(container.image))
    made: Body = {"container": container.name, "image_id": container.image_id}
    made["command"] = one_line(container.command)
    keys, options = docker_keys(container.options)
    more = container_keys(container, options) if runtime.any_image else {}
    mounted = more.get("mounts", {})
    volumes = {name: at for name, at in container.volumes.items() if name not in mounted}
    _add(body, **keys, **more)
    _add(made, docker=options, volumes=volumes)
    if served:
        _server(body, made, runtime, served[1])
    held = held_by_container(container, served_path(body, made), models, links)
    write_models(body, runtime, held)
    _env(body, container.env)
    return {**body, "made": made}


def _of_unit(
    unit: str,
    serves: tuple[Call, tuple[str, ...]],
    facts: Mapping[str, str],
    models: Sequence[Model],
) -> Body:
    runtime = runtimes()[serves[0].server]
    body: Body = {"runtime": runtime.name, **runtime.adopted_unit()}
    made: Body = {"unit": unit, "command": facts["command"], "user": facts["user"]}
    _enabled(made, facts)
    env = {name[4:]: value for name, value in facts.items() if name.startswith("env ")}
    flags: Body = {}
    said: Body = {}
    _server(flags, said, runtime, serves[1])
    write_models(body, runtime, held_by_unit(runtime.store(env), served_path(flags, said), models))
    _env(body, env)
    return {**body, "made": made}


def _server(body: Body, made: Body, runtime: Runtime[Any], said: Sequence[str]) -> None:
    """Write a server's command line as keys of a service, and in `made` what they cannot hold."""
    free, options = parse_cmdline(said, runtime.call.short)
    keys = runtime.service.model_fields.keys()
    if free:
        made["model"] = " ".join(free)
    flags, rest, hidden = {}, {}, []
    for name, value in options.items():
        if isinstance(value, str) and HIDDEN in value:
            hidden.append(name)
        elif name == _NAME and isinstance(value, str) and "served_name" in keys:
            body["served_name"] = value
        elif name in _NATIVE and not isinstance(value, list):
            body[name] = value
        elif name in _KEYS_ELSEWHERE or "flags" not in keys:
            rest[name] = value
        else:
            flags[name] = value
    _add(body, flags=flags)
    _add(made, options=rest, hidden=hidden)


_NAME = "served-model-name"
_KEYS_ELSEWHERE = {*AdoptedService.own_options, *_NATIVE}


def _env(body: Body, env: Mapping[str, str]) -> None:
    """Write what was set; what was hidden becomes a reference to a variable of the same name."""
    pairs = sorted(env.items())
    _add(body, env={name: {"env": name} if HIDDEN in value else value for name, value in pairs})


def _add(body: Body, **more: Any) -> None:  # noqa: ANN401
    body.update({key: value for key, value in more.items() if value})
