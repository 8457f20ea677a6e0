"""The containers that a command line starts, in a unit, its script, or a file run at boot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.resources.adopted.container import Container

_ENGINES = frozenset(
    {"docker", "podman", "nerdctl", "docker-compose", "nvidia-docker", "jetson-containers"}
)
SCRIPT = "#!"
"""Begins a line that has the path of the script of the lines after it."""

_MAKE = frozenset({"run", "create"})
_START = frozenset({"start", "restart"})
_COMMANDS = re.compile(r"\s*(?:;|&&|\|\|?|\n)\s*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")

PROJECT = "com.docker.compose.project"
PROJECT_FOLDER = "com.docker.compose.project.working_dir"


@dataclass(frozen=True)
class Launch:
    """What one command starts.

    Parameters
    ----------
    names:
        Names of containers.
    words:
        Words of a `docker run` without a name; the image is one of them.
    projects, folders:
        Names of compose projects, and the folders of their files.

    """

    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def starts(self, container: Container) -> bool:
        """Tell whether it starts this container; an unnamed one is known by its image."""
        project = container.labels.get(PROJECT)
        folder = container.labels.get(PROJECT_FOLDER, "").rstrip("/")
        return (
            container.name in self.names
            or container.image in self.words
            or project in self.projects
            or bool(project and folder in self.folders)
            or bool(project and not folder and project in map(_project_of, self.folders))
        )


def launches(line: str, env: Mapping[str, str] | None = None, folder: str = "") -> Iterator[Launch]:
    """Yield what the commands in a line start.

    Parameters
    ----------
    env:
        Values of the variables in it.
    folder:
        The folder in which it runs, which has the file of a compose project.

    """
    known, script = env or {}, ""
    filled = _VARIABLE.sub(lambda found: known.get(found[1] or found[2], found[0]), line)
    for command in _COMMANDS.split(filled):
        words = [word.strip("\"'`()") for word in command.split()]
        if words[:1] == [SCRIPT]:
            script = words[-1]
        elif "cd" in words[:-1]:
            folder = _changed(words[words.index("cd") + 1 :], script, folder)
        at = next((n for n, word in enumerate(words) if _engine(word)), None)
        if at is not None:
            yield from _launch(words[at], words[at + 1 :], folder.rstrip("/"))


def _changed(words: Sequence[str], script: str, folder: str) -> str:
    """Return the folder after a `cd`, such as ``cd "$(dirname "$0")"`` in a script."""
    if "dirname" in " ".join(words):
        return script.rpartition("/")[0]
    return words[0] if words[0].startswith("/") else f"{folder}/{words[0]}"


def _engine(word: str) -> bool:
    return word.rpartition("/")[2] in _ENGINES


def _launch(engine: str, words: Sequence[str], folder: str) -> Iterator[Launch]:
    composes = engine.endswith("-compose") or "compose" in words[: _first(words, {"up", *_MAKE})]
    if composes:
        if {"up", *_START} & set(words):
            projects = tuple(_values(words, {"-p", "--project-name"}))
            files = [file.rpartition("/")[0] for file in _values(words, {"-f", "--file"})]
            folders = [*_values(words, {"--project-directory"}), *files] or [folder]
            whole = (one if one.startswith("/") else f"{folder}/{one}" for one in folders)
            yield Launch(
                projects=projects, folders=tuple(one.rstrip("/") for one in whole if one != "/")
            )
        return
    at = _first(words, _MAKE | _START)
    if at == len(words):
        return
    rest = words[at + 1 :]
    if words[at] in _START:
        yield Launch(names=tuple(word for word in rest if not word.startswith("-")))
    else:
        names = tuple(_values(rest, {"--name"}))
        yield Launch(names=names, words=() if names else tuple(rest))


def _first(words: Sequence[str], wanted: frozenset[str] | set[str]) -> int:
    """Return the number of the first of these words; the number of all words without one."""
    return next((n for n, word in enumerate(words) if word in wanted), len(words))


def _values(words: Sequence[str], options: set[str]) -> Iterator[str]:
    """Yield the values of options, after a blank or an equals sign."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options and equals:
            yield value.strip("\"'")
        elif word in options and at + 1 < len(words):
            yield words[at + 1]


def _project_of(folder: str) -> str:
    """Return the name that compose gives the project of a folder.

    https://docs.docker.com/compose/how-tos/project-name/
    """
    return re.sub(r"[^a-z0-9_-]", "", folder.rpartition("/")[2].lower())
