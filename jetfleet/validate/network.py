"""Checks of a host's proxy, and of the registries of images that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.registry import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.registry import Registry


def check_network(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each part of a proxy or a registry that lacks what it needs."""
    host = subject.host
    if host.proxy is not None:
        yield from _proxy(subject)
    for name, registry in host.registries.items():
        yield from _registry(subject, name, registry)
    yield from _listed_twice(subject)
    for service in host.services:
        if service.proxy and host.proxy is None:
            found, expected = "a service that takes the proxy of its host", "a host with `proxy`"
            remedy = "write `proxy` for the host, or remove this"
            yield subject.problem(("services", service.name, "proxy"), found, expected, remedy)


def _proxy(subject: Subject) -> Iterator[Problem]:
    yield from _login(subject, ("proxy",), alone=True)
    if not any(_is_written(subject, "proxy", scheme) for scheme in ("http", "https")):
        expected, remedy = "the address of one", "write http: http://HOST:PORT, and https the same"
        yield subject.problem(("proxy",), "a proxy without an address", expected, remedy)
    docker = subject.host.docker
    if docker is not None and "proxies" in docker.daemon:
        found, expected = "proxies of daemon.json beside `proxy`", "one of the two"
        remedy = "remove it: the engine gets `proxy`, and its password stays out of daemon.json"
        yield subject.problem(("docker", "daemon", "proxies"), found, expected, remedy)


def _listed_twice(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for a list of registries in both places that can hold one."""
    docker, registries = subject.host.docker, subject.host.registries.values()
    for key, word in (("registry-mirrors", "mirrors"), ("insecure-registries", "insecure")):
        both = any(getattr(registry, word) for registry in registries)
        if docker is not None and key in docker.daemon and both:
            found, expected = f"{key} of daemon.json beside `registries`", "one of the two"
            remedy = f"write each as `{word}` of its registry under `registries`"
            yield subject.problem(("docker", "daemon", key), found, expected, remedy)


def _registry(subject: Subject, name: str, registry: Registry) -> Iterator[Problem]:
    path = ("registries", name)
    yield from _login(subject, path, alone=False)
    if registry.mirrors and name != DOCKER_HUB:
        found, expected = f"mirrors of {name}", f"mirrors of {DOCKER_HUB} alone"
        remedy = "name the mirror in `image`, as in image: MIRROR/NAME:TAG"
        yield subject.problem((*path, "mirrors"), found, expected, remedy)
    for key in ("mirrors", "insecure"):
        if getattr(registry, key) and subject.host.docker is None:
            found, expected = f"{key} of {name} on a host without `docker`", "`docker` beside it"
            remedy = "write docker: {}, so that its engine gets it"
            yield subject.problem((*path, key), found, expected, remedy, warning=True)


def _login(subject: Subject, path: KeyPath, *, alone: bool) -> Iterator[Problem]:
    """Yield a problem for one half of a login; `alone`: a user may have no password."""
    user, password = (_is_written(subject, *path, key) for key in ("user", "password"))
    if password and not user:
        found, expected = "a password without a user", "both of a login"
        yield subject.problem((*path, "password"), found, expected, "write `user` too")
    if user and not password and not alone:
        found, expected = "a user without a password", "both of a login"
        yield subject.problem((*path, "user"), found, expected, "write password: {env: NAME} too")


def _is_written(subject: Subject, *path: str | int) -> bool:
    """Tell whether a key is in the spec; one whose value is wrong has a problem of its own."""
    return subject.spec.places.has(("hosts", subject.host.name, *path))
