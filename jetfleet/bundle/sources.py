"""Sources of the files of a bundle: an address, a file of the workstation, or bytes."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import requests

from jetfleet.bundle.wanted import RangeRefusedError
from jetfleet.errors import FleetError
from jetfleet.hubs.answer import failure
from jetfleet.hubs.https import HttpError, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from jetfleet.bundle.wanted import Source

_PIECE = 1 << 16
"""Bytes that are read at once, and lost at most when a connection breaks off."""


def from_bytes(content: bytes) -> Source:
    """Return the source of bytes that are known."""

    def pieces(begin: int) -> Generator[bytes]:
        yield content[begin:]

    return pieces


def from_file(path: Path) -> Source:
    """Return the source of a file of the workstation."""

    def pieces(begin: int) -> Generator[bytes]:
        try:
            with path.open("rb") as file:
                file.seek(begin)
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as error:
            raise FleetError(f"{path} cannot be read: {error.strerror}") from error

    return pieces


def from_url(
    session: Callable[[], requests.Session], url: Callable[[], str], retry: Callable[[], None]
) -> Source:
    """Return the source of an address.

    Parameters
    ----------
    url:
        Returns it when it is asked; links expire.
    retry:
        Is called after a refusal for want of a login or a new link, before the one other try.

    """

    def pieces(begin: int) -> Generator[bytes]:
        try:
            yield from _read(session(), url(), begin)
        except HttpError as error:
            if error.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise
            retry()
            yield from _read(session(), url(), begin)

    return pieces


def _read(http: requests.Session, url: str, begin: int) -> Generator[bytes]:
    headers = {"Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    with _opened(http, url, headers) as answer:
        if begin and answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            raise RangeRefusedError
        if begin and not answer.headers.get("Content-Range", "").startswith(f"bytes {begin}-"):
            raise RangeRefusedError
        try:
            yield from answer.iter_content(_PIECE)
        except requests.RequestException as error:
            raise failure(url, error) from error


def _opened(http: requests.Session, url: str, headers: dict[str, str]) -> requests.Response:
    try:
        return opened(http, url, headers)
    except HttpError as error:
        if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise RangeRefusedError from error
        raise
