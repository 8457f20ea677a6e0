"""ModelScope as modelscope 1.40.2 speaks to it."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

from twins.standins.hubs.exchange import Reply, json_reply
from twins.standins.hubs.git import commit, large
from twins.standins.hubs.modelscope.place import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import File, Model
    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.store import Store

_ROUTE = re.compile(r"/api/v1/models/(?P<name>[^/]+/[^/]+)(?P<rest>/repo/files|/repo|/revisions)?")


class ModelScope:
    """`modelscope.cn`: listings and small files; large ones are in the store.

    `keys` are accepted. A listing ends silently after `cap` entries.
    """

    hosts = PLACE.hosts

    def __init__(
        self, models: Sequence[Model], keys: frozenset[str], store: Store, cap: int = 3000
    ) -> None:
        self._models = {model.definition.name: model for model in models}
        self._keys, self._store, self._cap = keys, store, cap

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; return `None` for a path of another hub."""
        found = _ROUTE.fullmatch(request.path)
        if not found:
            return None
        model = self._model(found["name"], request)
        if isinstance(model, Reply):
            return model
        if found["rest"] == "/repo/files":
            return _success({"Files": self._listing(request, model)})
        if found["rest"] == "/repo":
            return self._file(model, request.query.get("FilePath", ""))
        if found["rest"] == "/revisions":
            branches = [{"Revision": model.definition.version}]
            return _success({"RevisionMap": {"Branches": branches, "Tags": []}})
        owner, _, name = found["name"].partition("/")
        return _success({"Path": owner, "Name": name})

    def _model(self, name: str, request: Request) -> Model | Reply:
        """Return the model if the client may read it, else the refusal."""
        key = request.bearer or _cookie(request)
        if key and key not in self._keys:
            return _refusal(401, "The token is wrong or out of date.")
        model = self._models.get(name)
        if model is None or (model.definition.access == "key" and not key):
            return _refusal(404, f"record not found: {name}")
        if request.query.get("Revision") not in {None, model.definition.version, commit(model)}:
            return _refusal(404, "no such revision")
        return model

    def _listing(self, request: Request, model: Model) -> list[dict[str, Any]]:
        root = request.query.get("Root", "").strip("/")
        deep = request.query.get("Recursive", "").lower() == "true"
        entries = [
            entry
            for entry in _entries(model)
            if not root or entry["Path"].startswith(f"{root}/")
            if deep or "/" not in entry["Path"].removeprefix(f"{root}/" if root else "")
        ]
        return entries[: self._cap]

    def _file(self, model: Model, path: str) -> Reply:
        file = model.file(path)
        if file is None:
            return _refusal(404, f"no such file: {path}")
        if large(file):
            place = f"{file.sha256[:2]}/{file.sha256[2:4]}/{file.sha256[4:]}"
            return Reply(302, headers=(("Location", self._store.url(place, file.source)),))
        # Small files are sent whole, even if a range is requested.
        return Reply(200, file.source.read_bytes())


def _entries(model: Model) -> list[dict[str, Any]]:
    folders = {folder for file in model.files for folder in _above(file.path)}
    trees = [{"Path": folder, "Type": "tree", "Size": 0, "Sha256": ""} for folder in folders]
    blobs = [_blob(model, file) for file in model.files]
    return [
        {**entry, "Name": entry["Path"].rpartition("/")[2]}
        for entry in sorted([*trees, *blobs], key=lambda entry: str(entry["Path"]))
    ]


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _blob(model: Model, file: File) -> dict[str, Any]:
    return {
        "Path": file.path,
        "Type": "blob",
        "Size": file.size,
        "Sha256": file.sha256,
        "IsLFS": large(file),
        "Revision": commit(model),
    }


def _cookie(request: Request) -> str | None:
    found = SimpleCookie(request.headers.get("cookie", "")).get("m_session_id")
    return found.value if found else None


def _success(data: object) -> Reply:
    return json_reply(200, {"Code": 200, "Success": True, "RequestId": "standin", "Data": data})


def _refusal(status: int, sentence: str) -> Reply:
    about = {"Code": 10010205001, "Message": sentence, "Success": False, "RequestId": "standin"}
    return json_reply(status, about)


def site(models: Sequence[Model], keys: Keys, store: Store) -> ModelScope:
    """Return the hub with these models."""
    return ModelScope(models, keys.hub(PLACE.hub), store)
