"""Load a spec: read, merge and validate it, and report every problem of the file at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from jetfleet.redaction import looks_like_key
from jetfleet.spec.bench import Bench
from jetfleet.spec.document import Document, Limits
from jetfleet.spec.drop_invalid import drop_invalid
from jetfleet.spec.model import HostSpec, ModelSpec
from jetfleet.spec.options import normal_options
from jetfleet.spec.point import at_point, in_sweep, of_host, points_in
from jetfleet.spec.position import KeyPath, SourceEntry, SourceMap
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.read import read_yaml
from jetfleet.spec.secret import REFERENCE, REMEDY, WRITTEN
from jetfleet.spec.translate import translate, unknown
from jetfleet.spec.tree import Value, merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 4


@dataclass(frozen=True)
class Spec:
    """A whole spec: its hosts in file order, and the position of each value."""

    path: Path
    version: int
    models: Mapping[str, ModelSpec]
    hosts: tuple[HostSpec, ...]
    places: SourceMap
    limits: Limits = field(default_factory=Limits)
    bench: Bench = field(default_factory=Bench)
    hubs: Mapping[str, str] = field(default_factory=dict)

    def host(self, name: str) -> HostSpec:
        """Return the host `name`; raise `KeyError` for an unknown name."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, HostSpec]:
        return {host.name: host for host in self.hosts}


def load(path: Path | str) -> Spec:
    """Return the spec in the YAML file `path`.

    Raise `SpecError` with every problem of the file, each with its line.
    """
    spec, problems = gather(path)
    if problems:
        raise SpecError(problems)
    return spec


def gather(path: Path | str, point: int | None = None) -> tuple[Spec, list[Problem]]:
    """Return the valid part of the file `path`, and all its problems.

    The caller can check the valid part further and report all problems together. Raise `SpecError`
    for a file that is not YAML and `FleetError` for one that cannot be read.

    Parameters
    ----------
    point:
        Number of the point of a sweep, from 1, that is laid over the hosts; 0 for none. Left out,
        the environment says it, so that every part of a run has the same hosts.

    """
    path = Path(path)
    root, problems = read_yaml(path)
    root = normal_options(root, problems)
    loader = _Loader(root, problems, at_point(root, point))
    models, hosts = loader.models(), loader.hosts()
    limits = loader.document.limits if loader.document else Limits()
    bench = loader.document.bench if loader.document else Bench()
    hubs = loader.document.hubs if loader.document else {}
    spec = Spec(path, 1, models, hosts, SourceMap(loader.written), limits, bench, hubs)
    return spec, loader.problems


def at_points(spec: Spec) -> Iterator[tuple[Spec, list[Problem]]]:
    """Yield the spec at each point of its sweep, with its problems; nothing within a sweep."""
    if not in_sweep():
        for number in range(1, len(spec.bench.over) + 1):
            yield gather(spec.path, number)


class _Loader:
    """Validates the sections of one file; collects problems and positions."""

    def __init__(self, root: Value, problems: list[Problem], point: Value | None = None) -> None:
        self.root = root
        self.point = point
        self.written: dict[KeyPath, SourceEntry] = {path: at.written for path, at in root.walk()}
        secrets = list(_secrets(root))
        self.secret = {(problem.place, problem.key) for problem in secrets}
        self.problems = [*problems, *secrets]
        self.document = self._validated(Document, root, {})

    def models(self) -> dict[str, ModelSpec]:
        bodies = self._section("models").items()
        built = {name: self._named(ModelSpec, name, body) for name, body in bodies}
        return {name: model for name, model in built.items() if model}

    def hosts(self) -> tuple[HostSpec, ...]:
        for shared in self._shared():
            self._partial(shared)
        built = [
            self._host(name, self._merged(name, body))
            for name, body in self._section("hosts").items()
        ]
        self._check_points({one.name for host in built if host for one in host.services})
        return tuple(host for host in built if host)

    def _check_points(self, services: set[str]) -> None:
        """Report the services of a sweep's points that no host has."""
        for point in points_in(self.root):
            of_point = point.children.get("services")
            for name, body in of_point.children.items() if of_point else ():
                if name not in services:
                    self.problems.append(unknown(body, "service", sorted(services), name))

    def _host(self, name: str, body: Value) -> HostSpec | None:
        """Return a host; if it is invalid, its valid part, which the catalog can still check.

        Removing a value may make what is around it invalid, which the next round removes.
        """
        host = self._named(HostSpec, name, body)
        for at in range(_ROUNDS):
            if host or not isinstance(body.data, dict):
                break
            try:
                host = HostSpec.model_validate({**body.plain(), "name": name})
            except ValidationError as error:
                if at:  # the first round is that of `_named`
                    self._report(error, HostSpec, body, partial=True)
                rest = drop_invalid(body, {detail["loc"]: None for detail in error.errors()})
                if rest is None:
                    break
                body = rest
        return host

    def _section(self, name: str) -> dict[str, Value]:
        bodies = self.root.children.get(name)
        known = bodies.children if bodies else {}
        return {key: body for key, body in known.items() if isinstance(body.data, dict)}

    def _shared(self) -> Iterator[Value]:
        if "defaults" in self.root.children:
            yield self.root.children["defaults"]
        for section in ("boards", "groups"):
            yield from self._section(section).values()
        yield from points_in(self.root)

    def _partial(self, body: Value) -> None:
        """Check a body that may be incomplete; it is checked even if no host uses it."""
        for key in body.children.keys() & {"board", "groups"}:
            remedy = "write it under each host"
            self._add(body.children[key], f"the key {key}", "a choice of the host alone", remedy)
        self._named(HostSpec, "any", body, partial=True)

    def _merged(self, name: str, body: Value) -> Value:
        """Return defaults, board, groups and host merged in this order; record the positions."""
        layers = [self.root.children.get("defaults"), *self._chosen(body), body]
        merged = body
        for layer in reversed([layer for layer in layers[:-1] if layer]):
            if isinstance(layer.data, dict):
                merged = merge(layer, merged)
        if self.point:
            merged = merge(merged, of_host(self.point, merged))
        self.written.update(
            (("hosts", name, *path), at.written) for path, at in merged.walk() if path
        )
        self._check_models(merged)
        return merged

    def _chosen(self, body: Value) -> Iterator[Value]:
        board, groups = body.children.get("board"), body.children.get("groups")
        chosen = [("boards", "board", board)] if board else []
        chosen += [("groups", "group", item) for _, item in groups.items()] if groups else []
        for section, what, at in chosen:
            known = self._section(section)
            if isinstance(at.data, str) and at.data in known:
                yield known[at.data]
            elif isinstance(at.data, str):
                self.problems.append(unknown(at, what, known, at.data))

    def _check_models(self, host: Value) -> None:
        known = self.root.children.get("models")
        names = list(known.children) if known else []
        for at in _model_names(host):
            if isinstance(at.data, str) and at.data not in names:
                self.problems.append(unknown(at, "model", names, at.data))

    def _named(self, model: type[M], name: str, body: Value, *, partial: bool = False) -> M | None:
        for at in _named_bodies(body):
            if "name" in at.children:
                remedy = "remove it: the key above it is the name"
                self._add(at.children["name"], "the key name", "no such key", remedy)
        return self._validated(model, body, {"name": name}, partial=partial)

    def _validated(
        self, model: type[M], value: Value, more: dict[str, str], *, partial: bool = False
    ) -> M | None:
        plain = value.plain()
        try:
            return model.model_validate({**plain, **more} if isinstance(plain, dict) else plain)
        except ValidationError as error:
            self._report(error, model, value, partial=partial)
        return None

    def _report(
        self, error: ValidationError, model: type[BaseModel], value: Value, *, partial: bool
    ) -> None:
        found = [
            translate(detail, model, value)
            for detail in error.errors(include_url=False)
            if not (partial and detail["type"] == "missing")
        ]
        # Of a secret nothing more is said than that it must not be there.
        self.problems += [one for one in found if (one.place, one.key) not in self.secret]

    def _add(self, at: Value, found: str, expected: str, remedy: str) -> None:
        written = at.written
        self.problems.append(Problem(written.place, written.key, found, expected, remedy))


def _named_bodies(body: Value) -> Iterator[Value]:
    """Yield the bodies that are named by the key above them: a host and its services."""
    yield body
    yield from _services(body)


def _services(body: Value) -> Iterator[Value]:
    """Yield the bodies of a host's services, those that were set up by hand included."""
    for section in (body, body.children.get("adopted")):
        services = section.children.get("services") if section else None
        yield from services.children.values() if services else ()


def _model_names(host: Value) -> Iterator[Value]:
    """Yield the values in a host that name a model."""
    models = host.children.get("models")
    if models and "use" in models.children:
        yield from (item for _, item in models.children["use"].items())
    for service in _services(host):
        yield from _model_names_of_service(service)


def _model_names_of_service(service: Value) -> Iterator[Value]:
    if "model" in service.children:
        yield service.children["model"]
    for key in ("models", "archives"):
        if key in service.children:
            yield from (item for _, item in service.children[key].items())
    repository = service.children.get("repository")
    for entry in repository.children.values() if repository else ():
        if "model" in entry.children:
            yield entry.children["model"]


def _secrets(root: Value) -> Iterable[Problem]:
    """Yield a problem for every text in the file that looks like a secret, keys included."""
    for path, at in root.walk():
        texts = [text for text in (at.data, *path[-1:]) if isinstance(text, str)]
        if any(looks_like_key(text) for text in texts):
            yield Problem(at.written.place, at.written.key, WRITTEN, REFERENCE, REMEDY)
