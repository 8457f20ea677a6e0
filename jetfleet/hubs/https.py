"""HTTPS requests of the workstation, with errors that name a remedy."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, SSLError
from urllib3.util import Retry

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import (
    Answer,
    beginning_of,
    body,
    failure,
    is_untrusted,
    plain,
    speaks_http,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from jetfleet.workstation.workstation import Workstation

SECONDS = 30

LONGEST_WAIT = 10.0
"""Most seconds before another try: a registry that counts requests asks for an hour."""

BACKOFF = 0.5
"""Seconds before the second try again; each later one waits twice as long."""

# It warns of each retry with the whole link, which may contain a signature.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class HttpError(FleetError):
    """An HTTP error: its status, the error code of Hugging Face, and a registry's challenge."""

    def __init__(self, url: str, answer: requests.Response) -> None:
        self.status = answer.status_code
        super().__init__(f"{plain(url)} answered {self.status}: {self._remedy()}")
        self.code = answer.headers.get("X-Error-Code", "")
        self.challenge = answer.headers.get("WWW-Authenticate", "")

    @property
    def is_refusal(self) -> bool:
        """Whether no later try can succeed: the server is not just busy, slow or broken."""
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.status in _FOR_GOOD
        return self.status not in _PASSING

    def _remedy(self) -> str:
        """Return what to do about the status, if the hub says no more."""
        if self.status in _LOGINS:
            return _LOGINS[self.status]
        if not self.is_refusal:
            return "try again later"
        return (
            "waiting does not change that: check the name in the spec, and the mirror or proxy in "
            "between"
        )


_PASSING = {408, 425, 429}
_FOR_GOOD = {501, 505, 508, 511}
_LOGINS = {
    407: "the proxy in between requires a login: write it into the variable HTTPS_PROXY",
    511: "the network requires a login: log in with a browser, then run again",
}


def session(workstation: Workstation) -> requests.Session:
    """Return a session that retries temporary errors and trusts the workstation's CA."""
    made = requests.Session()
    made.headers["Accept-Encoding"] = "gzip, deflate"
    retry = _Again(
        total=4,
        backoff_factor=BACKOFF,
        status_forcelist=(429, 502, 503, 504),
        allowed_methods=("GET", "HEAD", "POST"),
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):  # a local mirror may have no certificate
        made.mount(scheme, HTTPAdapter(max_retries=retry))
    for name, base in workstation.endpoints.items():
        made.mount(f"https://{name}/", _Elsewhere(base, retry))
    if workstation.ca:
        made.verify = str(workstation.ca)
    return made


class _Again(Retry):
    """Repeats a request unless the server's TLS is not trusted, or it has none."""

    def increment(self, *args: Any, **options: Any) -> Self:  # noqa: ANN401 - the base's signature
        error = options.get("error")
        if isinstance(error, SSLError) and (is_untrusted(error) or speaks_http(error)):
            raise MaxRetryError(options["_pool"], options.get("url") or "", error)
        return super().increment(*args, **options)

    def get_retry_after(self, response: Any) -> float | None:  # noqa: ANN401 - the base's signature
        """Return how long a server asks to wait, in seconds, and not longer than a person would."""
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_WAIT)


class _Elsewhere(HTTPAdapter):
    """Sends requests for one host to another: links of a hub name the hosts of its stores."""

    def __init__(self, base: str, retry: Retry) -> None:
        super().__init__(max_retries=retry)
        self._base = base.rstrip("/")

    def send(  # its signature is the library's
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> requests.Response:
        _, _, _, *rest = str(request.url).split("/", 3)
        request.url = "/".join([self._base, *rest])
        return super().send(request, *args, **options)


def get(
    http: requests.Session,
    url: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
) -> Answer:
    """Return a successful answer with its whole body.

    Raises
    ------
    HttpError
        The status is not a success.
    FleetError
        There is no answer, or it is too large or too slow.

    """

    def whole() -> Answer:
        with opened(http, url, headers, method=method) as answer:
            return Answer(answer.url, answer.headers, answer.links, body(answer))

    return within(url, whole)


def opened(
    http: requests.Session,
    url: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    follow: bool = True,
) -> requests.Response:
    """Return a successful answer whose body is not read yet; see `get` for its errors."""
    try:
        # Passed with each request: the environment would override the session's `verify`.
        answer = http.request(
            method,
            url,
            headers=dict(headers),
            timeout=SECONDS,
            verify=http.verify,
            allow_redirects=follow,
            stream=True,
        )
    except (requests.RequestException, ValueError) as error:
        # ValueError: a redirect to something that is no address at all.
        raise failure(url, error) from error
    if not answer.ok:
        with answer:
            raise HttpError(url, answer)
    return answer


def beginning(url: str, most: int, workstation: Workstation) -> bytes:
    """Return the first `most` bytes behind a link that needs no key, even without range requests.

    Raises
    ------
    FleetError
        There is no answer, none that is a success, or one that breaks off.

    """
    asked = {"Range": f"bytes=0-{most - 1}", "Accept-Encoding": "identity"}

    def first() -> bytes:
        with opened(session(workstation), url, asked) as answer:
            return beginning_of(answer, most)

    return within(url, first)


def get_json(http: requests.Session, url: str, headers: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return the JSON of a successful answer."""
    return get(http, url, headers).json()
