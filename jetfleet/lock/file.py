"""Read and write the lock file of a spec: sorted, one line per file, replaced by rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.lock.model import Lock
from jetfleet.text import format_bytes, format_count, printable
from jetfleet.text.yaml_text import format_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from jetfleet.lock.model import LockedBlob, LockedFile

_HEADER = """\
# What {spec} resolved to: image digests, model revisions, file hashes.
# Written by `jetfleet lock {spec}`; commit it beside the spec, and do not edit it.
"""


def load_lock(path: Path) -> Lock:
    """Return the lock in a file, an empty lock without a file; raise `FleetError` if invalid."""
    if not path.exists():
        return Lock()
    try:
        return Lock.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FleetError(
            f"{path} cannot be read ({error.strerror}): a lock is a file; remove what is there, "
            "and run `jetfleet lock`"
        ) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise FleetError(
            f"{path}: not a lock of jetfleet ({_first(error)}): restore it from git, or remove it "
            "and run `jetfleet lock`"
        ) from error


def save_lock(lock: Lock, path: Path, spec: Path) -> None:
    """Write a lock and replace the old file at once."""
    atomic_write(path, _HEADER.format(spec=printable(spec.name)) + format_yaml(_body(lock)))


def _body(lock: Lock) -> CommentedMap:
    images, models = CommentedMap(), CommentedMap()
    for name, image in sorted(lock.images.items()):
        images[name] = CommentedMap(
            image.model_dump(mode="json", exclude_none=True, exclude={"blobs"})
        )
        if image.blobs is not None:
            images[name]["blobs"] = [_line(blob) for blob in image.blobs]
        images.yaml_add_eol_comment(format_bytes(image.size), name, column=0)
    for name, model in sorted(lock.models.items()):
        models[name] = CommentedMap(model.model_dump(exclude={"files"}, exclude_defaults=True))
        models[name]["files"] = [_line(file) for file in sorted(model.files, key=_path)]
        files = format_count(len(model.files), "file")
        models.yaml_add_eol_comment(f"{files}, {format_bytes(model.size)}", name, column=0)
    bundle = {"bundle": lock.bundle} if lock.bundle else {}
    return CommentedMap(version=lock.version, images=images, models=models, **bundle)


def _line(file: LockedFile | LockedBlob) -> CommentedMap:
    line = CommentedMap(file.model_dump(exclude_defaults=True))
    line.fa.set_flow_style()
    return line


def _path(file: LockedFile) -> str:
    return file.path


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        return printable(f"{where}: {first['msg']}")
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start}"
    if isinstance(error, RecursionError):
        return "it is nested without end"
    return printable(str(error).splitlines()[0]) if str(error) else type(error).__name__
