"""NGC: listings with sha256, and pre-signed links, with a personal key, a legacy key or no key.

The protocol is that of NVIDIA's ngcsdk 4.37.0; that client itself checks no hash and pre-sizes its
files, so only its protocol is used.
"""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jetfleet.errors import FleetError
from jetfleet.hubs.base import Listed
from jetfleet.hubs.https import HttpError, get_json
from jetfleet.hubs.online import Online
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.lock.model import LockedModel

AUTH = "https://authn.nvidia.com"

_GUEST = "00000000-0000-4000-8000-000000000000"


class Ngc(Online):
    """A model version in the NGC catalog, written ``ngc:ORG/[TEAM/]NAME:VERSION``."""

    title = "NGC"
    address = "https://api.ngc.nvidia.com"

    def listing(self) -> LockedModel:
        with self.reading():
            version = self.get(f"{self.base}{self._version}").json()["modelVersion"]
            if version.get("status") != "UPLOAD_COMPLETE":
                raise FleetError(
                    f"{self.model.source} is not complete on NGC (status {version.get('status')}):"
                    " wait for its publisher, or write another version"
                )
            files = self.chosen(self._files())
        return self.locked(self.part["version"], files)

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        with self.reading():
            self.check_unchanged(locked, paths, self._files())
            known: dict[str, str] = {}
            for page in self._pages(f"{self._direct}/{self._escaped('version')}/files"):
                known.update(zip(page["filepath"], page["urls"], strict=True))
        for path in paths:
            if path not in known:
                raise self.changed(path)
        return Links({path: (known[path],) for path in paths})

    def remedy(self, error: HttpError) -> str | None:
        return _REMEDY.get(error.status)

    def _files(self) -> list[Listed]:
        return [
            Listed(
                path=row["path"],
                size=row["sizeInBytes"],
                sha256=base64.b64decode(row["sha256_base64"]).hex(),
            )
            for page in self._pages(f"{self._version}/files")
            for row in page.get("modelFiles", ())
        ]

    @property
    def _info(self) -> str:
        org, name = self._escaped("org"), self._escaped("name")
        if self.key:
            return f"/v2/org/{org}{self._team('/team/')}/models/{name}"
        return f"/v2/models/{org}{self._team('/')}/{name}"

    @property
    def _version(self) -> str:
        return f"{self._info}/versions/{self._escaped('version')}"

    @property
    def _direct(self) -> str:
        if self.key:
            return self._info
        return (
            f"/v2/models/org/{self._escaped('org')}{self._team('/team/')}/{self._escaped('name')}"
        )

    def _team(self, before: str) -> str:
        return f"{before}{self._escaped('team')}" if "team" in self.part else ""

    def _escaped(self, name: str) -> str:
        return quote(self.part[name])

    def _pages(self, path: str) -> Iterator[Any]:
        number, last = 0, 1
        while number < last:
            more = f"&page-number={number}" if number else ""
            page = self.get(f"{self.base}{path}?page-size=1000{more}").json()
            yield page
            number, last = number + 1, page.get("paginationInfo", {}).get("totalPages", 1)

    def headers(self) -> Mapping[str, str]:
        if not self.key:
            return {"X-NGC-Guest-Token": _GUEST}
        if self.key.startswith("nvapi-"):
            return {"Authorization": f"Bearer {self.key}"}
        return {"Authorization": f"Bearer {self._token}"}

    @cached_property
    def _token(self) -> str:
        """The token for a legacy key, valid for ten minutes."""
        org, team = self.part["org"], self.part.get("team")
        scopes = [f"group/ngc:{org}"] + ([f"group/ngc:{org}/{team}"] if team else [])
        query = "&".join(f"scope={scope}" for scope in scopes)
        basic = base64.b64encode(f"$oauthtoken:{self.key}".encode()).decode()
        address = self.workstation.endpoint("ngc_auth", AUTH)
        try:
            answer = get_json(
                self.http,
                f"{address}/token?service=ngc&{query}",
                {"Authorization": f"Basic {basic}"},
            )
        except HttpError as error:
            refused = error.status in {400, 401, 403}
            said = _REMEDY[401] if refused else self.remedy(error) or str(error)
            raise FleetError(f"{self.model.source}: {said}") from error
        return str(answer["token"])


_REMEDY = {
    401: "NGC refuses the key: create a new one under Setup > API Keys on ngc.nvidia.com and set "
    "it where the spec's api_key points to",
    403: "this key cannot see the model on NGC: check the key's organisation",
    404: "NGC has no such model or version: check its name on catalog.ngc.nvidia.com",
    410: "NGC no longer has this model or version: choose another one on catalog.ngc.nvidia.com",
    412: "the model has a licence: open it on catalog.ngc.nvidia.com, accept the licence, "
    "and run again",
}


HUB = Ngc
