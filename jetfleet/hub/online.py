"""What hubs on the web have in common: keys, errors with remedies, links that need no key."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urljoin, urlsplit

from jetfleet.errors import FleetError
from jetfleet.hub.https import HttpError, body, get, session
from jetfleet.hub.hub import Hub
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from jetfleet.lock.model import LockedFile, LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation import Workstation

SMALL = 32 * 2**20
"""Bytes in all that go through the workstation because the hub wants its key for them."""

_HOPS = 5


class Online(Hub):
    """A hub that is spoken to over HTTPS, with or without a key."""

    address: ClassVar[str]
    """Where it is, unless the workstation knows another endpoint of its kind."""

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        super().__init__(model, workstation)
        self.key = workstation.reveal(model.api_key) if model.api_key else None
        self.base = workstation.endpoint(model.hub, self.address)
        self.http = session(workstation)

    @abstractmethod
    def remedy(self, error: HttpError) -> str | None:
        """Return the sentence for an error that this hub is known to answer with."""

    def headers(self) -> Mapping[str, str]:
        """Return what tells the hub who asks."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def get(self, url: str, *, follow: bool = True, stream: bool = False) -> requests.Response:
        """Return a successful answer; `FleetError` with the hub's remedy for another."""
        try:
            return get(self.http, url, self.headers(), follow=follow, stream=stream)
        except HttpError as error:
            remedy = self.remedy(error)
            raise FleetError(f"{self.model.source}: {remedy}" if remedy else str(error)) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Say so when an answer is not made as the hub's answers are."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise FleetError(
                f"{self.title} answered for {self.model.source} in a way that jetfleet does not "
                f"know ({type(error).__name__}: {error}): try again later"
            ) from error

    def open_links(self, locked: LockedModel, urls: Mapping[str, str]) -> Links:
        """Return links that work without the key; small files that do not, as their content.

        Parameters
        ----------
        urls:
            For each path its URL at the hub.

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
        """Return where the hub sends those who have a key, or the bytes if it sends nobody on."""
        for _ in range(_HOPS):
            with self.get(url, follow=False, stream=True) as answer:
                if not answer.is_redirect:
                    return self._content(file, answer, room)
                url = urljoin(url, answer.headers["Location"])
            place = urlsplit(url)
            if place.scheme not in {"https", "http"}:
                break
            if place.netloc != urlsplit(self.base).netloc:
                return url
        raise FleetError(f"{self.title} leads nowhere for {self.model.source}: try again later")

    def _content(self, file: LockedFile, answer: requests.Response, room: int) -> bytes:
        if file.size > room:
            raise FleetError(
                f"{self.title} gives {file.path} of {self.model.source} only to those who show "
                "the key, which no board may have, and it is too large to send over SSH: download "
                "the model here and write it as a file: source"
            )
        content = body(answer)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise self.changed(file.path)
        return content
