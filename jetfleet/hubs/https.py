"""HTTPS requests of the workstation, with errors that name a remedy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.workstation.workstation import Workstation

SECONDS = 30

# It warns of each retry with the whole link, which may contain a signature.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class HttpError(FleetError):
    """An HTTP error: its status and, from Hugging Face, its error code."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def session(workstation: Workstation) -> requests.Session:
    """Return a session that retries temporary errors and trusts the workstation's CA."""
    made = requests.Session()
    retry = Retry(
        total=4,
        backoff_factor=0.5,
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


def get(  # noqa: PLR0913 - each has one meaning, and most have a default
    http: requests.Session,
    url: str,
    headers: Mapping[str, str],
    *,
    method: str = "GET",
    follow: bool = True,
    stream: bool = False,
) -> requests.Response:
    """Return a successful answer; raise `HttpError` for an error, `FleetError` for no answer."""
    try:
        # Passed with each request: the environment would override the session's `verify`.
        answer = http.request(
            method,
            url,
            headers=dict(headers),
            timeout=SECONDS,
            verify=http.verify,
            allow_redirects=follow,
            stream=stream,
        )
    except requests.RequestException as error:
        raise _silence(url, error) from error
    if not answer.ok:
        code = answer.headers.get("X-Error-Code", "")
        sentence = f"{_plain(url)} answered {answer.status_code}: try again later"
        raise HttpError(sentence, answer.status_code, code)
    return answer


def beginning(url: str, most: int, workstation: Workstation) -> bytes:
    """Return the first `most` bytes behind a link that needs no key, even without range requests.

    Raises
    ------
    FleetError
        There is no answer, none that is a success, or one that breaks off.

    """
    asked = {"Range": f"bytes=0-{most - 1}", "Accept-Encoding": "identity"}
    seen = b""
    with get(session(workstation), url, asked, stream=True) as answer:
        try:
            for piece in answer.iter_content(1 << 16):
                seen += piece
                if len(seen) >= most:
                    break
        except requests.RequestException as error:
            raise _silence(url, error) from error
    return seen[:most]


def body(answer: requests.Response) -> bytes:
    """Return the whole body of a streamed answer; raise `FleetError` if it is cut off."""
    try:
        return answer.content
    except requests.RequestException as error:
        raise _silence(answer.url, error) from error


def _silence(url: str, error: Exception) -> FleetError:
    return FleetError(
        f"{urlsplit(url).netloc} did not answer, or its answer was cut off "
        f"({type(error).__name__}): check the network, then run again"
    )


def _plain(url: str) -> str:
    """Return the URL without its query, which may contain a signature."""
    return url.partition("?")[0]


def get_json(http: requests.Session, url: str, headers: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return the JSON of a successful answer."""
    answer = get(http, url, headers)
    try:
        return answer.json()
    except ValueError as error:
        raise FleetError(
            f"{_plain(url)} answered with something other than JSON: try again later"
        ) from error
