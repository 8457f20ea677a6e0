"""The spec key by key, as a page of the guide that is made from the models themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic_core import PydanticUndefined

from jetfleet.rollout.spec.document import (
    AtOnce,
    BandwidthSpec,
    CatchUp,
    Deadlines,
    FailureBudget,
    RolloutFile,
    RolloutLimits,
    SiteSpec,
    UnreachableBudget,
    WaveSpec,
)
from jetfleet.rollout.spec.gate import AtLeast, AtMost, GateEntry
from jetfleet.rollout.spec.window import Window
from jetfleet.spec.adopted import Adopted, Made
from jetfleet.spec.bench import Bench, OwnLoad, Point
from jetfleet.spec.docker_install import DockerInstall
from jetfleet.spec.document import Document, Limits
from jetfleet.spec.model import (
    Docker,
    HostSpec,
    ModelsOnHost,
    ModelSpec,
    Offline,
    Power,
    Proxy,
    Registry,
    Storage,
)
from jetfleet.spec.network import Connection, Wifi
from jetfleet.spec.secret import SecretRef
from jetfleet.spec.services import RUNTIMES, SERVICES, AnyService
from jetfleet.spec.ssh import Ssh
from jetfleet.spec.system import Apt, System

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_HEAD = """# The spec, key by key

A spec is one YAML file. A host is put together from four layers, each laid over the one before:
`defaults`, its `board`, its `groups` in the order listed, and the host itself. Mappings are merged
key by key; lists and single values replace what was there. A key that stands here and nowhere else
is refused with its line, and so is a value of another type.
"""

_ROLLOUT_HEAD = """# The rollout file, key by key

A rollout file says how a change reaches the hosts of a spec: in which waves, how many at once, what
has to be shown before the next wave begins, and what is taken back if it is not. Each key but
`version` and `spec` has a default, so that a file of two lines is a rollout with gates.
`inventory/rollout.yaml` is an example, `docs/rollout.schema.json` the schema for editors
(`jetfleet schema --rollout`).

A duration is a whole number with its unit (`90s`, `15m`, `6h`, `14d`), a share is a percentage or a
number of hosts, and a selector is a host, a pattern of hosts, or `group:NAME`.
"""

_ROLLOUT_SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The file", "The outermost keys.", RolloutFile),
    (
        "waves",
        "Their order is that of the list. Before a wave with hosts of a class that is new, one "  # noqa: ISC004
        "host of that class goes first, as a canary.",
        WaveSpec,
    ),
    ("limits.at_once", "Hosts in work at the same time.", AtOnce),
    ("limits", "What is not exceeded at any time.", RolloutLimits),
    ("limits.bandwidth", "How fast hosts may fetch from the internet.", BandwidthSpec),
    ("deadline", "When to wait no longer.", Deadlines),
    ("failed", "How many failed hosts end a rollout.", FailureBudget),
    ("unreachable", "How many hosts may be missing.", UnreachableBudget),
    ("catch_up", "When quarantined hosts are tried again.", CatchUp),
    (
        "window",
        "One, or a list. A time that the clock skips in spring is the moment of the skip; of one "  # noqa: ISC004
        "that it shows twice in autumn, `from` means the first and `to` the second.",
        Window,
    ),
    (
        "gates.NAME",
        "A list of gates. Each item is a name alone, such as `verified`, or `name: settings`.",
        GateEntry,
    ),
    ("tokens_per_second", "A figure that must not fall.", AtLeast),
    ("ttft_ms, load_seconds", "A figure that must not rise.", AtMost),
    ("sites.NAME", "Hosts that are reached from one place.", SiteSpec),
)


def _inner() -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Yield the keys of a service that hold a mapping of their own, each with its model."""
    for name, field in AnyService.model_fields.items():
        model = _model_in(field.annotation)
        if model not in {None, SecretRef}:
            inside = ".NAME" if get_origin(field.annotation) is dict else ""
            yield f"services.NAME.{name}{inside}", (model.__doc__ or "").split("\n")[0], model


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


_SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The file", "The outermost keys.", Document),
    ("limits", "What the fleet may do at once.", Limits),
    ("bench", "How model servers are benchmarked; see [Benchmarks](bench.md).", Bench),
    ("bench.loads.NAME", "A load.", OwnLoad),
    ("bench.over", "A list of the points of a sweep.", Point),
    ("models.NAME", "Where a model comes from; see [Models](../models.md).", ModelSpec),
    ("hosts.NAME", "A host. `defaults`, boards and groups take the same keys.", HostSpec),
    ("hosts.NAME, its system", "More keys of a host; what is left out stays as it is.", System),
    ("apt", "What apt may do.", Apt),
    ("ssh", "How pyinfra logs in.", Ssh),
    (
        "network.DEVICE",
        "The connection of a network device, such as `eth0`; see [Network and access](reach.md).",
        Connection,
    ),
    ("network.DEVICE.wifi", "The Wi-Fi network of a wireless device.", Wifi),
    ("storage", "The disk for images and models.", Storage),
    ("docker", "The Docker engine.", Docker),
    ("docker.install", "What a board gets from its apt; see [Roles](roles.md).", DockerInstall),
    ("power", "Power mode and clocks.", Power),
    (
        "proxy",
        "The way to the internet; see [Proxies, registries and mirrors](network.md).",
        Proxy,
    ),
    ("offline", "A host without a network; see [Without a network](offline.md).", Offline),
    ("registries.NAME", "A registry of images, by its host.", Registry),
    ("models of a host", "What a host holds, and where.", ModelsOnHost),
    ("services.NAME", "A model server.", AnyService),
    *_inner(),
    (
        "adopted",
        "What was set up by hand; see [Adopting a board](adopt.md). Its services also have `made`.",
        Adopted,
    ),
    ("adopted.services.NAME.made", "How a service was set up by hand.", Made),
)


def reference() -> str:
    """Return the page, in Markdown."""
    return _page(_HEAD, _SECTIONS)


def rollout_reference() -> str:
    """Return the page of the rollout file, in Markdown."""
    return _page(_ROLLOUT_HEAD, _ROLLOUT_SECTIONS)


def _page(head: str, sections: tuple[tuple[str, str, type[BaseModel]], ...]) -> str:
    parts = [head]
    for title, about, model in sections:
        every_runtime = model is AnyService
        columns = (
            "| key | what it is | left out | for |"
            if every_runtime
            else "| key | what it is | left out |"
        )
        rule = "|---" * (4 if every_runtime else 3) + "|"
        parts.append("\n".join((f"\n## {title}\n\n{about}\n", columns, rule, *_rows(model))) + "\n")
    return "".join(parts)


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if (name == "name" and model is not WaveSpec) or (
            model is HostSpec and name in System.model_fields
        ):
            continue  # it is the key above, or has a section of its own
        cells = [f"`{field.alias or name}`", field.description or "", _default(field)]
        if model is AnyService:
            names = [runtime for runtime in RUNTIMES if name in SERVICES[runtime].model_fields]
            cells.append("all" if len(names) == len(RUNTIMES) else ", ".join(names))
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _unit(field: FieldInfo) -> Callable[[int], str] | None:
    """Return how a number is written that has its unit in the file."""
    patterns = [one.json_schema.get("pattern", "") for one in field.metadata
                if isinstance(one, WithJsonSchema)]  # fmt: skip
    if any("%" in one for one in patterns):
        return lambda percent: f"{percent}%"
    return _duration if any("d)?" in one for one in patterns) else None


def _duration(seconds: int) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.default in (None, (), "", {}):
        return ""
    if field.default is PydanticUndefined:
        return "needed"
    if isinstance(field.default, (BaseModel, tuple)):
        return ""
    if field.annotation is int and (unit := _unit(field)):
        return f"`{unit(field.default)}`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"
