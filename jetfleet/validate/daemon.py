"""Checks of the keys that a spec has for daemon.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.daemon_keys import wrong_keys
from jetfleet.catalog.docker_packages import ENGINES, TOOLKIT
from jetfleet.spec.format_value import format_value
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.daemon_keys import WrongKey
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem

_OWN_KEYS = {"data-root": "data_root", "default-runtime": "default_runtime", "graph": "data_root"}
_STOCK_RUNTIMES = ("nvidia", "runc")
_AT = ("docker", "daemon")


def check_daemon(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each key of daemon.json that dockerd would not start with.

    What a board was adopted with gives only a warning: its engine runs with it.
    """
    docker = subject.host.docker
    if docker is None:
        return
    settings = docker.daemon
    for key in settings:
        if key in _OWN_KEYS:
            found, expected = f"the key {key} of daemon.json", "keys without one of their own"
            remedy = f"write it as docker.{_OWN_KEYS[key]}"
            yield subject.problem((*_AT, key), found, expected, remedy)
    for wrong in wrong_keys(settings):
        yield _wrong(subject, wrong)
    yield from _hosts(subject)
    yield from _runtime(subject)
    yield from _store(subject)
    yield from _install(subject)


def _wrong(subject: Subject, wrong: WrongKey) -> Problem:
    path = (*_AT, *wrong.path)
    adopted = subject.host.adopted is not None
    if wrong.expected:
        found = format_value(wrong.value, wrong.path)
        return subject.problem(path, found, wrong.expected, wrong.remedy, warning=adopted)
    found, expected = f"the unknown key {wrong.path[-1]}", "a key of daemon.json"
    remedy = did_you_mean(str(wrong.path[-1]), wrong.known)
    return subject.problem(
        path, found, expected, remedy, warning=adopted, rule="docker-unknown-key"
    )


def _hosts(subject: Subject) -> Iterator[Problem]:
    docker, adopted = subject.host.docker, subject.host.adopted is not None
    if docker is not None and docker.daemon.get("hosts"):
        found, expected = "the key hosts", "no hosts: docker.service has `-H fd://`"
        remedy = "remove it: dockerd does not start with both"
        path = (*_AT, "hosts")
        yield subject.problem(path, found, expected, remedy, warning=adopted, rule="docker-hosts")


def _runtime(subject: Subject) -> Iterator[Problem]:
    docker = subject.host.docker
    name = docker.default_runtime if docker else None
    written = docker.daemon.get("runtimes") if docker else None
    known = (*_STOCK_RUNTIMES, *(written if isinstance(written, dict) else ()))
    if name is not None and name not in known:
        found, expected = format_value(name), f"one of {', '.join(known)}"
        guess = did_you_mean(name, known)
        remedy = f"{guess}; a runtime of your own is written under docker.daemon.runtimes"
        adopted = subject.host.adopted is not None
        path = ("docker", "default_runtime")
        yield subject.problem(path, found, expected, remedy, warning=adopted)


def _install(subject: Subject) -> Iterator[Problem]:
    docker, apt = subject.host.docker, subject.host.apt
    if docker is None:
        return
    wanted, at = docker.install, ("docker", "install")
    if wanted.engine == "never" and wanted.version:
        found, expected = "version beside engine: never", "only one of the two"
        yield subject.problem((*at, "version"), found, expected, "remove one of them")
    packages = {name for name, one in (apt.packages if apt else {}).items() if one != "absent"}
    of_engine = wanted.version or wanted.engine not in {None, "never"}
    of_toolkit = wanted.toolkit not in {None, "never"}
    for name in sorted(packages):
        if (of_engine and name in ENGINES) or (of_toolkit and name == TOOLKIT):
            found, expected = f"{name} in apt.packages too", "one place for each package"
            remedy = f"remove {name} from apt.packages"
            yield subject.problem(at, found, expected, remedy)


def _store(subject: Subject) -> Iterator[Problem]:
    docker = subject.host.docker
    if docker is None or docker.data_root is None or not docker.uses_containerd:
        return
    found = "true, and docker.data_root beside it"
    expected = "the image store that uses data_root"
    remedy = "remove it, or set `root` in /etc/containerd/config.toml on the board: images go there"
    path = (*_AT, "features", "containerd-snapshotter")
    yield subject.problem(path, found, expected, remedy, warning=True)
