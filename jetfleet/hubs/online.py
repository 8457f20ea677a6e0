"""The common part of hubs on the web: keys, errors, and links that need no key."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin, urlsplit

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import Answer, body, expected_form, within
from jetfleet.hubs.base import Hub
from jetfleet.hubs.https import HttpError, get, opened, session
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import requests

    from jetfleet.lock.model import LockedFile, LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation.workstation import Workstation

SMALL = 32 * 2**20
"""Most bytes of one model that go through the workstation, if the hub requires the key for them."""

_HOPS = 5

REQUESTS = 5000
"""Most requests for the listings of one model: a hub could name a next page without end."""


class Online(Hub):
    """A hub with an HTTPS interface, used with or without a key."""

    address: ClassVar[str]
    """Its base URL, unless the workstation has another endpoint for it."""

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        super().__init__(model, workstation)
        self.key = (
            workstation.hub_key(model.api_key, model.source.form.key_variable)
            if model.api_key
            else None
        )
        self.base = workstation.endpoint(
            model.hub, self.address, model.source.form.endpoint_variable
        )
        if self.key and self.base.startswith("http:") and model.hub not in workstation.endpoints:
            raise FleetError(
                f"{model.source}: its key would go to {self.base} without TLS: write an https "
                "address, or remove api_key"
            )
        self.http = session(workstation)
        self._asked = 0

    @abstractmethod
    def remedy(self, error: HttpError) -> str | None:
        """Return the message for an HTTP error of this hub; None for an unknown error."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers that authenticate a request."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def get(self, url: str) -> Answer:
        """Return a successful answer; raise `FleetError` with the hub's remedy for an error."""
        self._asked += 1
        if self._asked > REQUESTS:
            raise FleetError(
                f"{self.title} lists {self.model.source} in more than {REQUESTS} pages: choose "
                "another model, or download it by hand"
            )
        with self.remedied():
            return get(self.http, url, self.headers())

    @contextmanager
    def remedied(self) -> Iterator[None]:
        """Raise `FleetError` with the hub's remedy for an HTTP error."""
        try:
            yield
        except HttpError as error:
            remedy = self.remedy(error)
            raise FleetError(f"{self.model.source}: {remedy}" if remedy else str(error)) from error

    def reading(self) -> AbstractContextManager[None]:
        """Raise `FleetError` if an answer of the hub does not have the expected form."""
        return expected_form(self.title, str(self.model.source))

    def open_links(self, locked: LockedModel, urls: Mapping[str, str]) -> Links:
        """Return links that work without the key, and the content of small files that have none.

        Parameters
        ----------
        urls:
            URLs at the hub by path.

        """
        if not self.key:
            return Links({path: (url,) for path, url in urls.items()})
        files = {file.path: file for file in locked.files}
        found: dict[str, tuple[str, ...]] = {}
        content: dict[str, bytes] = {}
        for path, url in urls.items():
            opened = self._opened(files[path], url, SMALL - sum(map(len, content.values())))
            if isinstance(opened, str):
                found[path] = (opened,)
            else:
                content[path] = opened
        return Links(found, content)

    def _opened(self, file: LockedFile, url: str, room: int) -> str | bytes:
        """Return the redirect target for a request with the key, or the body without a redirect."""
        for _ in range(_HOPS):
            step = within(url, partial(self._step, file, url, room))
            if isinstance(step, bytes):
                return step
            url = step
            place = urlsplit(url)
            if place.scheme not in {"https", "http"}:
                break
            if place.netloc != urlsplit(self.base).netloc:
                return url
        raise FleetError(
            f"{self.title} redirects without end for {self.model.source}: try again later"
        )

    def _step(self, file: LockedFile, url: str, room: int) -> str | bytes:
        """Return where a request with the key is redirected to, or the body of its answer."""
        with self.remedied(), opened(self.http, url, self.headers(), follow=False) as answer:
            if answer.is_redirect:
                return urljoin(url, answer.headers["Location"])
            return self._content(file, answer, room)

    def _content(self, file: LockedFile, answer: requests.Response, room: int) -> bytes:
        if file.size > room:
            raise FleetError(
                f"{self.title} gives {file.path} of {self.model.source} only with the key, "
                "which never goes to a board, and the file is too large to send over SSH: download "
                "the model to the workstation and write it as a file: source"
            )
        content = body(answer, file.size)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise self.changed(file.path)
        return content
