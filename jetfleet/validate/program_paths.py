"""Checks of the paths in the command and in the variables of a container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jetfleet.spec.option_paths import MODELS, OptionPath, absolute_path, covered
from jetfleet.validate.mounts import mounts_of
from jetfleet.validate.option_paths import wrong_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service

_RULE = "option-path"
_OF_IMAGES = (
    "/app/", "/bin/", "/etc/", "/lib/", "/lib64/", "/opt/", "/root/", "/run/", "/sbin/", "/usr/",
    "/var/", "/workspace/",
)  # fmt: skip
"""Folders in which images have their programs, and where these write."""
_ADDRESS = re.compile(r"prefix|url|uri|endpoint|route|health|probe|root[-_]path", re.IGNORECASE)
"""Names of options and variables that take the path of an address."""


class _Text(NamedTuple):
    """A text that the program of a container gets: where it is written, its name, its content."""

    at: KeyPath
    name: str
    text: str


def check_program_paths(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a warning for each path that the container may not have, with its command or variables.

    It is a problem if the spec shows that the path does not exist: in the folder of a model.
    """
    for one in _texts(service) if service.in_container else ():
        for path in _paths(one):
            yield from _check(subject, service, one, OptionPath(one.name, path))


def _texts(service: Service) -> Iterator[_Text]:
    entrypoint: str | None = getattr(service, "entrypoint", None)
    if entrypoint:
        yield _Text(("entrypoint",), "", entrypoint)
    before = ""
    for at, word in enumerate(getattr(service, "command", ())):
        yield _Text(("command", at), before, word)
        before = word if word.startswith("-") else ""
    for name, value in service.env.items():
        if isinstance(value, str):
            yield _Text(("env", name), name, value)


def _paths(one: _Text) -> Iterator[str]:
    """Yield the paths in a text, each once, that no image has by itself."""
    words = re.split(r"[,:\s]+", one.text) if "://" not in one.text else one.text.split()
    for word in dict.fromkeys(words):
        path = (absolute_path(word) or "").rstrip("/")
        name = word.partition("=")[0] if "=" in word else one.name
        if path and not _ADDRESS.search(name) and not f"{path}/".startswith(_OF_IMAGES):
            yield path


def _check(subject: Subject, service: Service, one: _Text, found: OptionPath) -> Iterator[Problem]:
    path, mounts = ("services", service.name, *one.at), mounts_of(service)
    if covered(found.path, mounts) or _is_above(found.path, service):
        return
    if found.model in service.model_names:
        wrong = wrong_model(subject, service, found, found.model or "")
        if wrong:
            yield subject.problem(path, found.path, *wrong, rule=_RULE)
        return
    if found.model in subject.spec.models and "models" in type(service).model_fields:
        expected = "a model that the container has"
        remedy = f"add {found.model} to `models` of the service"
        yield subject.problem(path, found.path, expected, remedy, rule=_RULE)
        return
    remedy = (
        f"add it to `mounts`, or declare it under `models` and write {MODELS}/NAME; if the image "
        "itself has it, write waive: {option-path: WHY}"
    )
    expected = "a path in one of its mounts or models"
    yield subject.problem(path, found.path, expected, remedy, warning=True, rule=_RULE)


def _is_above(path: str, service: Service) -> bool:
    """Tell whether a mount or a model lies below a path, which therefore exists."""
    targets = [target.partition(":")[0] for target in mounts_of(service).values()]
    models = [f"{MODELS}/{name}" for name in service.model_names]
    return any(f"{target}/".startswith(f"{path}/") for target in [*targets, *models])
