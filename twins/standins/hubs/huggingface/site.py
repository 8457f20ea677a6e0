"""Hugging Face as huggingface_hub 2.4.0 and `hf` speak to it, without xet."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from twins.standins.hubs.exchange import Reply, json_reply
from twins.standins.hubs.git import commit, git_id, large
from twins.standins.hubs.huggingface.place import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import File, Model
    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.store import Store

_NAME = r"(?P<name>[^/]+/[^/]+)"
_ROUTES = {
    "info": re.compile(rf"/api/models/{_NAME}(/revision/(?P<revision>.+))?"),
    "tree": re.compile(rf"/api/models/{_NAME}/tree/(?P<revision>[^/]+)"),
    "small": re.compile(
        rf"/api/resolve-cache/models/{_NAME}/(?P<revision>[0-9a-f]{{40}})/(?P<path>.+)"
    ),
    "resolve": re.compile(rf"/{_NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)"),
}


class HuggingFace:
    """`huggingface.co`: listings and small files; large ones are in the store.

    `keys` are accepted; those of them that are `strangers` have accepted no licence. `page` is
    the number of entries of a tree that one answer holds.
    """

    hosts = PLACE.hosts

    def __init__(
        self,
        models: Sequence[Model],
        keys: frozenset[str],
        strangers: frozenset[str],
        store: Store,
        page: int = 1000,
    ) -> None:
        self._models = {model.definition.name: model for model in models}
        self._keys, self._strangers = keys, strangers
        self._store, self._page = store, page

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; return `None` for a path of another hub."""
        for kind, route in _ROUTES.items():
            found = route.fullmatch(request.path)
            if found:
                model = self._model(found["name"], found["revision"], request.bearer)
                if isinstance(model, Reply):
                    return model
                if kind == "info":
                    return _info(model)
                if kind == "tree":
                    return self._tree(request, model)
                return self._file(request, model, found["path"])
        return None

    def _model(self, name: str, revision: str | None, bearer: str | None) -> Model | Reply:
        """Return the model if the client may read it, else the refusal."""
        if bearer and bearer not in self._keys:
            return _refusal(401, "", "Invalid credentials in Authorization header")
        model = self._models.get(name)
        if model is None or (model.definition.access == "key" and not bearer):
            if not bearer:
                return _refusal(401, "", "Invalid username or password.")
            return _refusal(404, "RepoNotFound", "Repository not found")
        if revision not in {None, model.definition.version, commit(model)}:
            return _refusal(404, "RevisionNotFound", "Invalid rev id")
        return model

    def _tree(self, request: Request, model: Model) -> Reply:
        start = int(request.query.get("cursor", 0))
        entries = _entries(model)
        reply = json_reply(200, entries[start : start + self._page])
        if start + self._page >= len(entries):
            return reply
        query = f"recursive=true&expand=false&cursor={start + self._page}"
        link = f'<https://{PLACE.hosts[0]}{quote(request.path)}?{query}>; rel="next"'
        return Reply(200, reply.body, (*reply.headers, ("Link", link)))

    def _file(self, request: Request, model: Model, path: str) -> Reply:
        bearer, file = request.bearer, model.file(path)
        # The listing of a gated model is public; only its files need permission.
        if model.definition.access == "licence" and (not bearer or bearer in self._strangers):
            return _refusal(403 if bearer else 401, "GatedRepo", "Access to model is restricted.")
        if file is None:
            return _refusal(404, "EntryNotFound", "Entry not found")
        known = ("X-Repo-Commit", commit(model))
        if large(file):
            said = [("X-Linked-Etag", f'"{file.sha256}"'), ("X-Linked-Size", str(file.size))]
            folder = hashlib.sha1(model.definition.name.encode(), usedforsecurity=False).hexdigest()
            url = self._store.url(f"{folder[:24]}/{file.sha256}", file.source)
            return Reply(302, headers=(known, *said, ("Location", url)))
        tag = ("ETag", f'"{git_id(file.source.read_bytes())}"')
        if request.path.startswith("/api/"):
            return Reply(200, headers=(known, tag), file=file.source)
        place = f"/api/resolve-cache/models/{model.definition.name}/{commit(model)}/{file.path}"
        said = [tag, ("X-Linked-Size", str(file.size)), ("Location", quote(place))]
        return Reply(307, headers=(known, *said))


def _info(model: Model) -> Reply:
    access = model.definition.access
    about = {
        "id": model.definition.name,
        "sha": commit(model),
        "private": access == "key",
        "gated": "manual" if access == "licence" else False,
        "siblings": [{"rfilename": file.path} for file in model.files],
    }
    return json_reply(200, about)


def _entries(model: Model) -> list[dict[str, Any]]:
    folders = {path.rpartition("/")[0] for path in (file.path for file in model.files)} - {""}
    entries: list[dict[str, Any]] = [
        {"type": "directory", "oid": git_id(folder.encode()), "size": 0, "path": folder}
        for folder in sorted(folders)
    ]
    return entries + [_entry(file) for file in model.files]


def _entry(file: File) -> dict[str, Any]:
    about = {"type": "file", "path": unquote(file.path), "size": file.size}
    if not large(file):
        return {**about, "oid": git_id(file.source.read_bytes())}
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{file.sha256}\nsize {file.size}\n"
    ).encode()
    about["oid"] = git_id(pointer)
    return {
        **about,
        "lfs": {"oid": file.sha256, "size": file.size, "pointerSize": len(pointer)},
    }


def _refusal(status: int, code: str, sentence: str) -> Reply:
    reply = json_reply(status, {"error": sentence})
    said = [("X-Error-Message", sentence)] + ([("X-Error-Code", code)] if code else [])
    return Reply(status, reply.body, (*reply.headers, *said))


def site(models: Sequence[Model], keys: Keys, store: Store) -> HuggingFace:
    """Return the hub with these models."""
    return HuggingFace(models, keys.hub(PLACE.hub), keys.strangers, store)
