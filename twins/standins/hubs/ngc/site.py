"""NGC's catalog as ngcsdk 4.37.0 and `ngc` speak to it: key, listing, pre-signed URLs, bytes."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from twins.standins.hubs.exchange import json_reply
from twins.standins.hubs.ngc.place import PLACE
from twins.standins.hubs.signing import Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import Definition, File, Model
    from twins.standins.hubs.exchange import Reply, Request
    from twins.standins.hubs.store import Store

_Answer: TypeAlias = "Callable[[Request, Model], Reply]"
_PAGE = 1000
_TOKEN_SECONDS = 600
_NAMES = {401: "UNAUTHORIZED", 404: "NOT_FOUND", 412: "PRECONDITION_FAILED"}
_SUCCESS = {"requestStatus": {"statusCode": "SUCCESS", "requestId": "standin"}}


class Api:
    """`api.ngc.nvidia.com` and `authn.nvidia.com`: everything but the bytes.

    `keys` are accepted: an `nvapi-` key as the bearer itself, any of them at `/token`.
    """

    hosts = PLACE.hosts

    def __init__(
        self, models: Sequence[Model], keys: frozenset[str], tokens: Signer, store: Store
    ) -> None:
        self._keys, self._tokens, self._store = keys, tokens, store
        self._routes: dict[str, tuple[_Answer, Model, bool]] = {}
        for model in models:
            self._add_routes(model)

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; return `None` for a path of another hub."""
        if request.path == "/token" and request.query.get("service") == "ngc":
            return self._exchange(request)
        if request.path == "/v3/keys/get-caller-info":
            return self._caller_info(request)
        if request.path == "/v2/products":
            return json_reply(200, {"products": []})
        if not request.path.startswith(("/v2/org/", "/v2/models/")):
            return None
        return self._catalog(request)

    def _catalog(self, request: Request) -> Reply:
        route = self._routes.get(request.path)
        bearer = request.bearer
        known = bearer is not None and (self._good_key(bearer) or self._tokens.knows(bearer))
        by_guest = not request.path.startswith("/v2/org/")
        if not known and (bearer is not None or not by_guest or (route and not route[2])):
            return _refusal(401, "The API key is missing, wrong or out of date.")
        if route is None:
            return _refusal(404, "There is no such model, version or path.")
        return route[0](request, route[1])

    def _good_key(self, bearer: str) -> bool:
        return bearer.startswith("nvapi-") and bearer in self._keys

    def _exchange(self, request: Request) -> Reply:
        _, _, encoded = request.headers.get("authorization", "").partition("Basic ")
        try:
            user, _, key = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, key = "", ""
        if user != "$oauthtoken" or key not in self._keys:
            return _refusal(401, "Invalid key.")
        return json_reply(200, {"token": self._tokens.token(), "expires_in": self._tokens.seconds})

    def _caller_info(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if not any(map(self._good_key, (request.bearer or "", *form.values()))):
            return _refusal(401, "Invalid key.")
        return json_reply(200, {"type": "SERVICE_KEY", "orgName": "nim", "user": {"roles": []}})

    def _add_routes(self, model: Model) -> None:
        org, team, name, version = parts(model.definition)
        public = model.definition.access == "public"
        by_key = f"/v2/org/{org}{team and f'/team/{team}'}/models/{name}"
        as_guest = f"/v2/models/{org}{team and f'/{team}'}/{name}"
        guest_urls = f"/v2/models/org/{org}{team and f'/team/{team}'}/{name}/{version}/files"
        for start in (by_key, as_guest):
            self._routes[start] = (_model, model, public)
            self._routes[f"{start}/versions/{version}"] = (_version, model, public)
            self._routes[f"{start}/versions/{version}/files"] = (_listing, model, public)
        for path in (f"{by_key}/{version}/files", guest_urls):
            self._routes[path] = (self._urls, model, public)

    def _urls(self, request: Request, model: Model) -> Reply:
        if model.definition.access == "licence":
            return _unaccepted(model)
        wanted = request.query.get("path")
        found = [file for file in model.files if wanted in {None, file.path}]
        if not found:
            return _refusal(404, f"There is no file {wanted}.")
        content = {
            **_SUCCESS,
            "filepath": [file.path for file in found],
            "urls": [self._store.url(_path(model, file), file.source) for file in found],
            "paginationInfo": {"totalResults": len(found), "size": _PAGE},
        }
        return json_reply(200, content)


def parts(definition: Definition) -> tuple[str, str, str, str]:
    """Return organisation, team (or nothing), name and version of a model."""
    org, _, rest = definition.name.partition("/")
    team, _, name = rest.rpartition("/")
    return org, team, name, definition.version


def _path(model: Model, file: File) -> str:
    org, team, name, version = parts(model.definition)
    return f"{org}{team and f'/team/{team}'}/models/{name}/versions/{version}/{file.path}"


def _model(_: Request, model: Model) -> Reply:
    name, version = parts(model.definition)[2:]
    content = {**_SUCCESS, "model": {"name": name, "latestVersionIdStr": version}}
    return json_reply(200, content)


def _version(_: Request, model: Model) -> Reply:
    about = {
        "versionId": model.definition.version,
        "status": "UPLOAD_COMPLETE",
        "totalFileCount": len(model.files),
        "totalSizeInBytes": sum(file.size for file in model.files),
    }
    return json_reply(200, {**_SUCCESS, "modelVersion": about})


def _listing(request: Request, model: Model) -> Reply:
    if model.definition.access == "licence":
        return _unaccepted(model)
    size = int(request.query.get("page-size", _PAGE))
    number = int(request.query.get("page-number", 0))
    pages = {
        "totalPages": math.ceil(len(model.files) / size),
        "totalResults": len(model.files),
        "size": size,
        "index": number,
    }
    shown = [_listed(file) for file in model.files[number * size : (number + 1) * size]]
    return json_reply(200, {**_SUCCESS, "paginationInfo": pages, "modelFiles": shown})


def _listed(file: File) -> dict[str, str | int]:
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    return {"path": file.path, "sizeInBytes": file.size, "sha256_base64": digest}


def _unaccepted(model: Model) -> Reply:
    return _refusal(412, f"Accept the licence of {model.definition.name} in the catalog first.")


def _refusal(status: int, sentence: str) -> Reply:
    about = {"statusCode": _NAMES[status], "statusDescription": sentence, "requestId": "standin"}
    return json_reply(status, {"requestStatus": about})


def site(models: Sequence[Model], keys: Keys, store: Store) -> Api:
    """Return the hub with these models."""
    return Api(models, keys.hub(PLACE.hub), Signer(_TOKEN_SECONDS), store)
