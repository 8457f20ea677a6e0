"""Checks of the files, folders and models that options of a server name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.option_paths import MODELS, covered, paths_in, words_of
from jetfleet.validate.mounts import mounts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.option_paths import OptionPath
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service

_PATH, _HUB = "option-path", "option-hub-id"
_ID = re.compile(r"(?:[\w.-]+=)?([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?::[\w.-]+)?|https?://\S+)")
_NO_ID = re.compile(r".*\.(jinja2?|json|gguf|py|safetensors|ya?ml)", re.IGNORECASE)


def check_option_paths(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each path that the container would not have, and for each id at a hub."""
    for group in runtime_of(service).option_groups(service):
        for found in paths_in(group.written):
            if not covered(found.path, mounts_of(service)):
                yield from _check(subject, service, group, found)
        if group.runtime is not None:
            yield from _hub_ids(subject, group, group.runtime.model_options)


def _check(
    subject: Subject, service: Service, group: OptionGroup, found: OptionPath
) -> Iterator[Problem]:
    path = group.at(found.option)
    if found.model is None:
        expected = f"a path that the container has, such as {MODELS}/NAME/FILE of a model"
        yield subject.problem(path, found.path, expected, _remedy(found), rule=_PATH)
        return
    wrong = wrong_model(subject, service, found, found.model)
    if wrong:
        expected, remedy = wrong
        yield subject.problem(path, found.path, expected, remedy, rule=_PATH)


def _remedy(found: OptionPath) -> str:
    image = "if the image itself has it, write waive: {option-path: WHY}"
    if not found.path.startswith("/"):
        return f"write its whole path in the container, below {MODELS}/NAME or a mount; {image}"
    folder = found.path.rpartition("/")[0] or found.path
    return (
        "declare it under `models` (file:FOLDER has files of your own) and write "
        f"{MODELS}/NAME/FILE, or mount a folder of the board with "
        f"mounts: {{/FOLDER: {folder}}}; {image}"
    )


def wrong_model(
    subject: Subject, service: Service, found: OptionPath, name: str
) -> tuple[str, str] | None:
    """Return what is expected of a path below the folder of a model, and the remedy."""
    model = subject.spec.models.get(name)
    if model is None:
        return f"a model of the spec at {MODELS}/NAME", f"declare {name} under `models`"
    if model.source.form.layout == "store":
        return "a model with files of its own", "name a model that is not of an Ollama store"
    if not found.inside and runtime_of(service).model_is_file:
        return "the path of a GGUF file", f"write {MODELS}/{name}/FILE.gguf"
    locked = subject.lock.models.get(name) if subject.lock else None
    if locked is None or not locked.answers(model) or not found.inside:
        return None
    files = [file.path for file in locked.files]
    if any(f"{file}/".startswith(f"{found.inside}/") for file in files):
        return None
    some = ", ".join(files[:5]) + (", …" if len(files) > 5 else "")  # noqa: PLR2004
    return f"a file of the model {name}", f"write one of {some}"


def _hub_ids(subject: Subject, group: OptionGroup, options: frozenset[str]) -> Iterator[Problem]:
    """Yield a warning for each model that the server itself would fetch."""
    for option in group.written:
        if option.partition(".")[0] not in options:
            continue
        for word in words_of(group.written[option]):
            named = _ID.fullmatch(word)
            if named is None or _NO_ID.fullmatch(word):
                continue
            found = f"{named[1]}, which the server fetches by itself"
            expected = "a model that is locked: this one is fetched at each start, unpinned"
            yield subject.problem(
                group.at(option), found, expected, _declare(subject, named[1]), warning=True,
                rule=_HUB,
            )  # fmt: skip


def _declare(subject: Subject, hub_id: str) -> str:
    plain = hub_id.partition(":")[0]
    for name, model in subject.spec.models.items():
        if model.source.parts.get("name") == plain:
            return f"write {MODELS}/{name}"
    return f"declare it under `models` and write {MODELS}/NAME"
