"""Find, list and hash the model folders of a board in one survey."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.hubs.download import downloads
from jetfleet.hubs.ollama.spec import name_of_manifest
from jetfleet.resources.model import ModelFile
from jetfleet.steps.shell import ENGINE_RUNS, words
from jetfleet.text import read_count, read_object

if TYPE_CHECKING:
    from collections.abc import Iterable

PLACES = (
    "/home", "/root", "/mnt", "/media", "/data", "/opt", "/srv", "/models", "/ssd",
    "/usr/share/ollama", "/var/lib/ollama",
)  # fmt: skip

_WEIGHTS = "-name '*.safetensors' -o -name '*.gguf' -o -name 'pytorch_model*.bin'"

_FIND_SECONDS = 60


@dataclass(frozen=True)
class Folder:
    """A folder of a model.

    Parameters
    ----------
    files:
        Its files by relative path; a hub client's own notes are left out.
    notes:
        First lines of the notes that a hub's client left in it, by the file's name.

    """

    path: str
    files: tuple[ModelFile, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoreModel:
    """A model in an Ollama store: its name as `ollama list` shows it, and its files."""

    store: str
    name: str
    files: tuple[ModelFile, ...]


def survey_folders(places: Iterable[str] = PLACES) -> str:
    """Return a script that lists and hashes each folder with weights, and each Ollama store.

    Mounted folders of containers are searched besides the usual places; what other filesystems
    are mounted below them is searched once, by its own mount point.
    """
    notes = [note for one in downloads() for note in one.notes]
    return f"""set -- {words(places)}
root=/var/lib/docker
if {ENGINE_RUNS}; then
  root=$(timeout 20 docker info -f '{{{{.DockerRootDir}}}}')
  for d in $(timeout 20 docker ps -q | xargs -r timeout 20 docker container inspect -f \\
      '{{{{range .Mounts}}}}{{{{.Source}}}}{{{{"\\n"}}}}{{{{end}}}}'); do
    [ -d "$d" ] || continue
    real=$(readlink -f -- "$d")
    set -- "$@" "$real"
    [ "$real" = "$d" ] || echo "link $d $real"
  done
fi
for d in $(findmnt -rno TARGET --real -t ext4,xfs,btrfs,f2fs); do
  case $d in /|/boot*|"$root"*) ;; *) set -- "$@" "$d" ;; esac
done
found=$(timeout {_FIND_SECONDS} find "$@" -xdev -maxdepth 9 \\
  '(' -path "$root" -o -name .fetching -o -name blobs ')' -prune \\
  -o '(' {_WEIGHTS} ')' -printf '%h\\n' | sort -u)
stores=$(timeout {_FIND_SECONDS} find "$@" -xdev -maxdepth 7 \\
  -path "$root" -prune -o -type d -name manifests -printf '%h\\n' | sort -u)
IFS='
'
for d in $found; do
  cd "$d" && [ ! -f .jetfleet ] || continue
  echo "folder $d"
  find -L . -maxdepth 3 -type f ! -path './.*' -printf 'size %s %P\\n' \\
    -exec nice -n 19 sha256sum -- {{}} +
  for note in {words(notes)}; do
    [ -f "$note" ] && echo "note ${{note##*/}} $(head -n 1 "$note")"
  done
done
for d in $stores; do
  cd "$d" && [ -d blobs ] || continue
  echo "store $d"
  find blobs -type f -name 'sha256-*' -printf 'size %s %p\\n'
  find manifests -type f -size -1000k -printf 'size %s %p\\n' -exec sha256sum -- {{}} + \\
    -exec sh -c 'for f; do echo "manifest $f $(tr -d "\\n" < "$f")"; done' sh {{}} +
done
true
"""


def read_links(text: str) -> dict[str, str]:
    """Return the real path of each mounted folder whose path has a link in it."""
    pairs = (line.split() for line in text.splitlines() if line.startswith("link "))
    return {pair[1].rstrip("/"): pair[2] for pair in pairs if len(pair) == _LINK}


_LINK = 3
"""Words of a line of the survey that names a link; a path with a blank is in no spec."""


def read_folders(text: str) -> tuple[list[Folder], list[StoreModel]]:
    """Return the folders with weights and the models in Ollama stores of the survey."""
    folders: list[Folder] = []
    stores: list[StoreModel] = []
    place, sizes, hashes, notes = "", dict[str, int](), dict[str, str](), dict[str, str]()
    manifests: dict[str, str] = {}

    def close() -> None:
        if manifests:
            stores.extend(_store_models(place, sizes, hashes, manifests))
        elif place and hashes:
            files = (
                ModelFile(path, size, hashes[path])
                for path, size in sorted(sizes.items())
                if path in hashes
            )
            folders.append(Folder(place, tuple(files), dict(notes)))

    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word in {"folder", "store"}:
            close()
            place, sizes, hashes, notes, manifests = rest, {}, {}, {}, {}
        elif word == "size":
            size, _, path = rest.partition(" ")
            sizes[path] = read_count(size)
        elif word == "note":
            name, _, said = rest.partition(" ")
            notes[name] = said
        elif word == "manifest":
            path, _, body = rest.partition(" {")
            manifests[path] = "{" + body
        elif line[64:66] == "  ":
            hashes[line[66:].removeprefix("./")] = line[:64]
    close()
    return _outermost(folders), stores


def _outermost(folders: list[Folder]) -> list[Folder]:
    """Return the outermost folders: a folder in another one is a part of the same model."""
    return [
        one
        for one in {folder.path: folder for folder in folders}.values()
        if not any(one.path.startswith(f"{other.path}/") for other in folders)
    ]


def _store_models(
    store: str, sizes: dict[str, int], hashes: dict[str, str], manifests: dict[str, str]
) -> list[StoreModel]:
    found = []
    for path, text in sorted(manifests.items()):
        try:
            body = read_object(text)
            digests = [body["config"]["digest"], *(layer["digest"] for layer in body["layers"])]
        except (ValueError, KeyError, TypeError):
            continue
        blobs = dict.fromkeys(f"blobs/{digest.replace(':', '-')}" for digest in digests)
        files = [ModelFile(blob, sizes[blob], blob[-64:]) for blob in blobs if blob in sizes]
        if len(files) == len(blobs):
            manifest = ModelFile(path, sizes[path], hashes[path])
            found.append(StoreModel(store, name_of_manifest(path), (*files, manifest)))
    return found
