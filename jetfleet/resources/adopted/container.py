"""Containers that were made by hand: what they were made with, and what runs in them.

Secrets never leave the board: `hiding` replaces them there by ``***``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.resources.adopted.hiding import hiding
from jetfleet.resources.adopted.inspected import Inspected, InspectedImage
from jetfleet.resources.adopted.run_options import other_settings, run_options
from jetfleet.resources.base import Unreadable, read_row
from jetfleet.steps.shell import ENGINE_RUNS, words
from jetfleet.text import UnreadableJson, read_count, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_INSPECT = (
    '{"name":{{json .Name}},"id":{{json .Id}},"image_id":{{json .Image}},'
    '"image":{{json .Config.Image}},"path":{{json .Path}},"args":{{json .Args}},'
    '"tty":{{json .Config.Tty}},"user":{{json .Config.User}},"labels":{{json .Config.Labels}},'
    '"status":{{json .State.Status}},"mounts":{{json .Mounts}},"host":{{json .HostConfig}},'
    '"workdir":{{json .Config.WorkingDir}},"cmd":{{json .Config.Cmd}},'
    '"entrypoint":{{json .Config.Entrypoint}}}'
    "{{$name := .Name}}{{range .Config.Env}}\nenv {{$name}} {{json .}}{{end}}"
)
_IMAGE = (
    '{"digests":{{json .RepoDigests}},"image_id":{{json .Id}},"user":{{json .Config.User}},'
    '"workdir":{{json .Config.WorkingDir}},"cmd":{{json .Config.Cmd}},'
    '"entrypoint":{{json .Config.Entrypoint}}}'
    "{{$id := .Id}}{{range .Config.Env}}\nimage-env {{$id}} {{json .}}{{end}}"
)


@dataclass(frozen=True)
class Process:
    """A process in a container, as the board counts it, and the words of its command line."""

    pid: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """A container as found.

    Parameters
    ----------
    status:
        Docker's own word, such as ``running``.
    image, image_id, digests:
        Reference as it was typed, id of its config, and the names by digest it was pulled by.
    command:
        What the container itself runs, entrypoint included.
    options:
        The options of `docker run` that made it, by long name; those with the usual value left out.
    others:
        Docker's names of settings beside these options.
    own_command, entrypoint:
        Those of the container where its image has others; empty otherwise.
    env:
        What was set beside the image's own environment; secrets are ``***``.
    volumes:
        Folder on the board (or name of a volume) and ``PATH[:ro]`` inside.
    folders:
        Folder on the board and path inside, also of volumes.

    """

    name: str
    status: str
    image: str
    image_id: str
    digests: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    own_command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    processes: tuple[Process, ...] = ()


def survey_containers(names: Iterable[str] | None, known: Iterable[str] = ()) -> str:
    """Shell script that reads these containers (None: all that there are).

    It asks nothing of a stopped engine, which the question would start. See `hiding` for `known`.
    """
    which = "$(docker ps -aq)" if names is None else words(names)
    return f"""{{
{ENGINE_RUNS} && {{
# shellcheck disable=SC2046 # ids have no blanks, and each is an argument
set -- {which}
[ $# -eq 0 ] || {{
docker container inspect -f '{_INSPECT}' "$@"
images=$(docker container inspect -f '{{{{.Image}}}}' "$@" | sort -u)
# shellcheck disable=SC2086 # ids have no blanks, and each is an argument
[ -z "$images" ] || docker image inspect -f '{_IMAGE}' $images
for c in /proc/[0-9]*/cgroup; do
  while read -r group; do
    case $group in
      */docker/*|*/docker-*.scope)
        at=${{c%/cgroup}}
        id=${{group##*/}}; id=${{id#docker-}}
        echo "process ${{id%.scope}} ${{at#/proc/}}"
        tr '\\n\\0' ' \\n' < "$at/cmdline" | sed 's/^/word /' ;;
    esac
  done < "$c"
done
}}
}}
}} 2>/dev/null | {hiding(known)}"""


def read_containers(text: str) -> list[Container]:
    """Return the containers that the script printed, in its order."""
    rows: list[dict[str, Any]] = []
    images: dict[str, dict[str, Any]] = {}
    env: dict[str, list[str]] = {}
    processes: dict[str, list[tuple[int, list[str]]]] = {}
    current: list[str] = []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith('{"name"'):
            rows.append(read_row(Inspected, line, "a container").model_dump())
        elif line.startswith('{"digests"'):
            image = read_row(InspectedImage, line, "an image")
            images[image.image_id] = image.model_dump()
        elif word in {"env", "image-env"}:
            owner, _, setting = rest.partition(" ")
            env.setdefault(owner, []).append(_setting(setting))
        elif word == "process":
            identity, _, pid = rest.partition(" ")
            current = []
            processes.setdefault(identity, []).append((read_count(pid), current))
        elif word == "word":
            current.append(rest)
    return [_container(row, images.get(row["image_id"], {}), env, processes) for row in rows]


def _setting(text: str) -> str:
    """Return ``NAME=VALUE`` as Docker has it; raise `Unreadable` for something else."""
    try:
        value = read_json(text)
    except UnreadableJson as error:
        raise Unreadable(f"a container has a variable that cannot be read ({error})") from error
    if not isinstance(value, str):
        raise Unreadable("a container has a variable that is not text")
    return value


def _container(
    row: Mapping[str, Any],
    image: Mapping[str, Any],
    env: Mapping[str, Sequence[str]],
    processes: Mapping[str, Sequence[tuple[int, list[str]]]],
) -> Container:
    of_image = set(env.get(row["image_id"], ()))
    own = (one.partition("=") for one in env.get(row["name"], ()) if one not in of_image)
    found = sorted((pid, tuple(said)) for pid, said in processes.get(row["id"], ()) if said)
    return Container(
        name=row["name"].lstrip("/"),
        status=row["status"],
        image=row["image"],
        image_id=row["image_id"],
        digests=tuple(image.get("digests") or ()),
        command=(row["path"], *(row["args"] or ())),
        options=run_options(row, image),
        others=other_settings(row),
        own_command=_unless(row["cmd"], image.get("cmd")),
        entrypoint=_unless(row["entrypoint"], image.get("entrypoint")),
        env={name: value for name, _, value in own},
        volumes=dict(sorted(_volume(mount) for mount in row["mounts"] or ())),
        folders={
            mount["Source"].rstrip("/"): mount["Destination"].rstrip("/")
            for mount in row["mounts"] or ()
            if mount["Source"]
        },
        labels=row["labels"] or {},
        processes=tuple(Process(pid, said) for pid, said in found),
    )


def _unless(own: Sequence[str] | None, of_image: Sequence[str] | None) -> tuple[str, ...]:
    """Return what a container has, unless its image has the same."""
    return () if own == of_image else tuple(own or ())


def _volume(mount: Mapping[str, Any]) -> tuple[str, str]:
    """Return a mount as `docker run -v` writes it: a folder, or a volume by its name."""
    source = mount["Name"] if mount.get("Type") == "volume" else mount["Source"]
    return source, mount["Destination"] + ("" if mount.get("RW", True) else ":ro")
