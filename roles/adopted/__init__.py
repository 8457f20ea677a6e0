"""Compare services and models that were set up by hand, and never change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.redaction import HIDDEN
from jetfleet.resources import AdoptedModel, AdoptedService
from jetfleet.resources.adopted.service import option_facts, show
from jetfleet.runtimes.registry import calls, runtime_of
from jetfleet.spec.frozen import thaw
from jetfleet.spec.secret import SecretRef

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.adopted import AdoptedService as Spec


def desired(inputs: RoleInput) -> Resources:
    """Return the resources of a board that was set up by hand."""
    adopted = inputs.host.adopted
    if adopted is None:
        return []
    models: Resources = [
        AdoptedModel(name, folder, inputs.files_of(name)) for name, folder in adopted.models.items()
    ]
    services = [
        AdoptedService(
            name=service.name,
            container=service.made.container or "",
            unit=service.made.unit or "",
            facts=tuple(sorted(facts_of(service).items())),
            calls=calls(),
        )
        for service in adopted.services
    ]
    return [*models, *services]


def facts_of(service: Spec) -> dict[str, str]:
    """Return the facts of a service that `jetfleet.resources.adopted` compares."""
    made = service.made
    env = {
        f"env {name}": HIDDEN if isinstance(value, SecretRef) else value
        for name, value in service.env.items()
    }
    facts = {"command": made.command, **env}
    if made.unit is not None:
        facts["enabled"] = "yes" if made.enabled else "no"
        if made.container is None:
            return {**facts, "state": "active", "user": made.user or "root"}
    if service.image is not None:
        facts["image"] = service.image.full
    return {
        **facts,
        "state": "running",
        "image-id": made.image_id or "",
        **{f"docker {name}": show(value) for name, value in _options(service).items()},
        **{f"volume {source}": inside for source, inside in _volumes(service).items()},
        **_server(service),
    }


def _options(service: Spec) -> dict[str, Any]:
    """Return the options of docker, from the keys of a service and from how it was made."""
    ports = getattr(service, "ports", {})
    devices = list(getattr(service, "devices", ()))
    published = [f"{board}:{inside}/tcp" for board, inside in ports.items()]
    keys = {"device": devices, "publish": published}
    return {
        **service.docker_options,
        **{name: value for name, value in keys.items() if value},
        **thaw(service.made.docker),
    }


def _volumes(service: Spec) -> dict[str, str]:
    """Return the mounts as `docker run -v` has them; a spec's own are read-only without ``:rw``."""
    mounts = getattr(service, "mounts", {})
    written = {source: target.partition(":") for source, target in mounts.items()}
    own = {
        source: path + ("" if mode == "rw" else ":ro")
        for source, (path, _, mode) in written.items()
    }
    return {**own, **service.made.volumes}


def _server(service: Spec) -> dict[str, str]:
    if runtime_of(service).any_image:
        return {"server": "none"}
    options = {**thaw(getattr(service, "flags", {})), **thaw(service.made.options)}
    options |= dict.fromkeys(service.made.hidden, HIDDEN)
    served_name = getattr(service, "served_name", None)
    if served_name is not None:
        options["served-model-name"] = served_name
    for name in ("host", "port"):
        if name in service.model_fields_set:
            options[name] = getattr(service, name)
    return {"server": service.runtime, **option_facts(service.made.model, options)}
