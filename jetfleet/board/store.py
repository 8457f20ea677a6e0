"""A model in an Ollama store, which belongs to another user or is written by a container.

As a survey it prints the size of each blob and the hash of each manifest, each with its path; what
is not a plain file is left out, and `unsafe` begins a line that says why the store cannot be used.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from typing import Any, Iterable, Mapping

from jetfleet.board.place import Place, Unsafe, below, place_of

MOST = 1 << 20
"""Bytes of a manifest; those that are published have a few hundred."""


def put(job: Mapping[str, Any]) -> None:
    """Put blobs into the store and then the manifest, as its server expects them.

    Folders of the store belong to its owner, and so does the manifest; verified blobs stay root's.
    """
    with place_of(job["store"], make=True) as store, place_of(job["folder"]) as model:
        for path in job["blobs"]:
            with folder(store, path, make=True) as new, folder(model, path) as verified:
                new.link(verified, name_of(path), name_of(path))
        path = job["manifest"]
        with folder(model, path) as verified:
            content = verified.read(name_of(path), MOST)
        if hashlib.sha256(content).hexdigest() != job["sha256"]:
            raise Unsafe(f"{verified.at(name_of(path))} was changed meanwhile: run again")
        with folder(store, path, make=True) as new:
            new.write(name_of(path), content, owner=store.owner)


def folder(top: Place, path: str, *, make: bool = False) -> Place:
    """Return the folder of a file; one that is made, or was root's, is given to the top's owner."""
    return below(top, os.path.dirname(path), make=make, owner=top.owner if make else None)


def name_of(path: str) -> str:
    """Return the last component of a path."""
    return os.path.basename(path)


def survey(stores: Iterable[Mapping[str, Any]]) -> None:
    """Print what is there of some models."""
    for job in stores:
        try:
            with place_of(job["store"]) as store:
                show_blobs(store, job)
                show_manifest(store, job)
        except FileNotFoundError:
            continue
        except Unsafe as error:
            print(f"unsafe {error}")


def show_blobs(store: Place, job: Mapping[str, Any]) -> None:
    """Print the size of each blob that is a plain file."""
    with below(store, "blobs") as blobs:
        for path in job["blobs"]:
            found = blobs.stat(name_of(path))
            if found is not None and stat.S_ISREG(found.st_mode):
                print(f"size {found.st_size} {job['store']}/{path}")


def show_manifest(store: Place, job: Mapping[str, Any]) -> None:
    """Print the hash of a manifest that is a plain file."""
    path = job["manifest"]
    with folder(store, path) as place:
        found = place.stat(name_of(path))
        if found is not None and stat.S_ISREG(found.st_mode) and found.st_size <= MOST:
            digest = hashlib.sha256(place.read(name_of(path), MOST)).hexdigest()
            print(f"{digest}  {job['store']}/{path}")


def main(job: Mapping[str, Any]) -> None:
    """Put one model into its store, or print what is there of all."""
    os.umask(0o022)
    try:
        if "survey" in job:
            survey(job["survey"])
        else:
            put(job)
    except Unsafe as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{job['store']}: {error.strerror} ({error.filename or 'while writing'})")
