"""Services that were set up by hand: running containers, and units that serve models."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jetfleet.adopt import units
from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.cmdline import parse_cmdline, server_among, server_of
from jetfleet.redaction import HIDDEN
from jetfleet.resources.adopted.container import Container, read_containers
from jetfleet.resources.adopted.service import facts_of_unit, one_line
from jetfleet.resources.service import LABEL
from jetfleet.runtimes.registry import any_container, calls, runtimes
from jetfleet.spec.adopted import ADOPTED, AdoptedService
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.adopt.models import FoundModel as Model
    from jetfleet.runtimes.base import Runtime

Body = dict[str, Any]

_NATIVE = ("host", "port")
"""Options that are keys of a service with the same name."""


def describe_services(texts: Mapping[str, str], models: Sequence[Model]) -> BoardFacts:
    """Return `services` for what serves models or runs in a container, and what else was seen."""
    found = BoardFacts(keys={"services": {}})
    services: dict[str, Body] = found.keys["services"]
    for container in read_containers(texts.get("containers", "")):
        if LABEL in container.labels:
            continue
        if container.status != "running":
            found.seen.append(
                f"the container {container.name} ({container.image}) is {container.status}"
            )
            continue
        body = _of_container(container, models)
        _take(services, container.name, body, found)
        found.seen += _hints(container)
    for shown in units.read(texts.get("units", "")):
        facts = facts_of_unit(shown)
        serves = server_of(facts["command"].split(), calls())
        if serves and facts["state"] == "active":
            runtime = runtimes()[serves[0].server]
            body = _of_unit(shown["Id"], runtime, facts, models)
            _take(services, shown["Id"].removesuffix(".service"), body, found)
        else:
            what = facts["command"] or "no command"
            found.seen.append(f"the unit {shown['Id']} ({facts['state']}) runs {what}")
    return found


def _take(services: dict[str, Body], name: str, body: Body, found: BoardFacts) -> None:
    """Add a service if a spec can say it; otherwise tell why not."""
    try:
        ADOPTED[body["runtime"]].model_validate({**body, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        expected = first.get("ctx", {}).get("expected", first["msg"])
        where = ".".join(str(step) for step in first["loc"])
        found.seen.append(f"{name} runs and a spec cannot say it: {where} is not {expected}")
        return
    services[name] = body


def _of_container(container: Container, models: Sequence[Model]) -> Body:
    served = server_among((process.words for process in container.processes), calls())
    runtime = runtimes()[served[0].server] if served else any_container()
    body: Body = {"runtime": runtime.name}
    if not container.image.startswith("sha256:"):
        body["image"] = str(ImageRef.parse(container.image))
    made: Body = {"container": container.name, "image_id": container.image_id}
    made["command"] = one_line(container.command)
    _add(made, docker=dict(container.options), volumes=dict(container.volumes))
    if served:
        _server(body, made, runtime, served[1])
    _models(body, runtime, _held(container, made.get("model"), models))
    _env(body, container.env)
    return {**body, "made": made}


def _of_unit(
    unit: str, runtime: Runtime[Any], facts: Mapping[str, str], models: Sequence[Model]
) -> Body:
    body: Body = {"runtime": runtime.name, **runtime.adopted_unit()}
    made: Body = {"unit": unit, "command": facts["command"], "user": facts["user"]}
    if facts["enabled"] != "yes":
        made["enabled"] = False
    env = {name[4:]: value for name, value in facts.items() if name.startswith("env ")}
    store = runtime.store(env)
    _models(body, runtime, [model for model in models if model.folder == store])
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


def _held(container: Container, path: str | None, models: Sequence[Model]) -> list[Model]:
    """Return the models that a container serves: the one at its path, or those of its store."""
    held = []
    for source, target in container.volumes.items():
        inside = target.removesuffix(":ro")
        for model in models:
            if model.folder != source and not model.folder.startswith(f"{source.rstrip('/')}/"):
                continue
            at = inside.rstrip("/") + model.folder[len(source.rstrip("/")) :]
            if path is None or path.rstrip("/") == at:
                held.append(model)
    return held


def _models(body: Body, runtime: Runtime[Any], held: Sequence[Model]) -> None:
    """Write the models that a service holds into the key that its runtime has for them."""
    names, keys = [model.name for model in held], runtime.service.model_fields.keys()
    if names and "models" in keys:
        body["models"] = names
    elif len(names) == 1 and "model" in keys:
        body["model"] = names[0]


def _env(body: Body, env: Mapping[str, str]) -> None:
    """Write what was set; what was hidden becomes a reference to a variable of the same name."""
    pairs = sorted(env.items())
    _add(body, env={name: {"env": name} if HIDDEN in value else value for name, value in pairs})


def _hints(container: Container) -> Iterator[str]:
    if "restart" not in container.options:
        yield (
            f"the container {container.name} does not come back after a reboot: it was started "
            "without --restart"
        )
    if "com.docker.compose.project" in container.labels:
        project = re.sub(r"\s", " ", container.labels["com.docker.compose.project"])
        yield f"the container {container.name} is of the compose project {project}"


def _add(body: Body, **more: Any) -> None:  # noqa: ANN401
    body.update({key: value for key, value in more.items() if value})
