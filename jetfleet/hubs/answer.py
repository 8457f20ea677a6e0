"""An answer of a hub or registry, read within bounds of size, nesting and time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests

from jetfleet.errors import FleetError
from jetfleet.text import UnreadableJson, format_bytes, format_duration, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST = 64 * 2**20
"""Most bytes of an answer, decompressed. The largest listing of 3000 files has less than 2 MiB."""

SECONDS_IN_ALL = 180.0
"""Longest that one answer may take, with redirects and retries."""

_PIECE = 1 << 16
_ENCODINGS = {"", "identity", "gzip", "deflate"}
"""Encodings that cannot expand a piece by more than a thousand times."""

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A successful answer: its URL after redirects, headers, links (RFC 8288), and whole body."""

    url: str
    headers: Mapping[str, str]
    links: Mapping[str, Any]
    content: bytes

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the body as JSON; raise `FleetError` if it is not, or is nested too deep."""
        try:
            return read_json(self.content, size=LARGEST)
        except UnreadableJson as error:
            raise FleetError(
                f"{plain(self.url)} answered with something other than JSON ({error}): try again "
                "later, or check the mirror or proxy in between"
            ) from error


def body(answer: requests.Response, most: int = LARGEST) -> bytes:
    """Return the whole body of a streamed answer; raise `FleetError` if it is larger or cut off."""
    content = beginning_of(answer, most + 1)
    if len(content) > most:
        raise FleetError(
            f"{plain(answer.url)} sends more than {format_bytes(most)}, which no answer of this "
            "kind has: check the mirror or proxy in between, or ask its operator"
        )
    return content


def beginning_of(answer: requests.Response, most: int) -> bytes:
    """Return the first bytes of a streamed answer; raise `FleetError` if it breaks off."""
    encoding = answer.headers.get("Content-Encoding", "").lower()
    if encoding not in _ENCODINGS:
        raise FleetError(
            f"{plain(answer.url)} sends its answer as {encoding!r}, which was not asked for: check "
            "the mirror or proxy in between"
        )
    seen = bytearray()
    try:
        for piece in answer.iter_content(_PIECE):
            seen += piece
            if len(seen) >= most or _given_up():
                break
    except requests.RequestException as error:
        raise failure(answer.url, error) from error
    return bytes(seen[:most])


def within(url: str, work: Callable[[], T], seconds: float | None = None) -> T:
    """Return what a function returns; raise `FleetError` if an answer takes longer in all.

    A server that sends a byte now and then is never late for a socket's own limit. The thread that
    still waits for it ends with its next piece, or with the process.
    """
    limit = SECONDS_IN_ALL if seconds is None else seconds
    outcome: list[Callable[[], T]] = []
    given_up = threading.Event()

    def run() -> None:
        _THREAD.given_up = given_up
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            outcome.append(_raising(error))
        else:
            outcome.append(lambda: value)

    thread = threading.Thread(target=run, name=f"answer of {urlsplit(url).netloc}", daemon=True)
    thread.start()
    thread.join(limit)
    if not outcome:
        given_up.set()
        raise FleetError(
            f"{urlsplit(url).netloc} did not complete its answer in {format_duration(limit)}: it "
            "is reachable, but too slow: try again later, or use a mirror"
        )
    return outcome[0]()


def _raising(error: BaseException) -> Callable[[], Any]:
    def again() -> Any:  # noqa: ANN401 - it returns nothing
        raise error

    return again


_THREAD = threading.local()
"""Of a thread of `within`: the event that says that its caller no longer waits."""


def _given_up() -> bool:
    event: threading.Event | None = getattr(_THREAD, "given_up", None)
    return event is not None and event.is_set()


@contextmanager
def expected_form(who: str, what: str) -> Iterator[None]:
    """Raise `FleetError` if an answer does not have the form that the code inside expects."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else ""
        raise FleetError(
            f"{who} answered for {what} in an unknown form ({type(error).__name__}: {said}): try "
            "again later"
        ) from error


def failure(url: str, error: Exception) -> FleetError:
    """Return the error for a request that failed, with a remedy that fits the cause."""
    host, kind = urlsplit(url).netloc, type(error).__name__
    if isinstance(error, requests.TooManyRedirects):
        return FleetError(f"{host} redirects without end: try again later, or use a mirror")
    if isinstance(error, (requests.exceptions.InvalidSchema, ValueError)):
        return FleetError(
            f"{host} redirects to an address that is not http or https ({kind}): do not use it"
        )
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return FleetError(
            f"{host} sent an answer that cannot be decompressed: try again later, or check the "
            "mirror or proxy in between"
        )
    if is_untrusted(error):
        return FleetError(
            f"the workstation does not trust the certificate of {host}: check its clock (`date`), "
            "and a proxy in between, whose authority is named with REQUESTS_CA_BUNDLE=FILE"
        )
    if speaks_http(error):
        return FleetError(
            f"{host} answers with HTTP, without TLS: check the address, and a proxy in between"
        )
    return FleetError(
        f"{host} did not answer, or its answer was cut off ({kind}): check the network, then run "
        "again"
    )


def speaks_http(error: BaseException) -> bool:
    """Tell whether a request failed because the server answers without TLS."""
    said = str(error).lower().replace("_", " ")
    return "wrong version number" in said or "record layer failure" in said


def is_untrusted(error: BaseException) -> bool:
    """Tell whether a request failed because the server's certificate is not trusted."""
    return "certificate verify failed" in str(error).lower()


def plain(url: str) -> str:
    """Return the URL without its query, which may contain a signature."""
    return url.partition("?")[0]
