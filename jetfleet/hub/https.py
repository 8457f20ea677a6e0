"""HTTPS requests of the workstation, with errors for people."""

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

    from jetfleet.workstation import Workstation

SECONDS = 30

# It warns of each retry with the whole link, in which a signature may be.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class HttpError(FleetError):
    """An answer that is no success: its HTTP status and, from Hugging Face, its error code."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def session(workstation: Workstation) -> requests.Session:
    """Return a session that tries again where that helps, and trusts the workstation's CA."""
    made = requests.Session()
    retry = Retry(
        total=4,
        backoff_factor=0.5,
        status_forcelist=(429, 502, 503, 504),
        allowed_methods=("GET", "HEAD", "POST"),
        raise_on_status=False,
    )
    for scheme in ("https://", "http://"):  # a mirror in the house may have no certificate
        made.mount(scheme, HTTPAdapter(max_retries=retry))
    for name, base in workstation.endpoints.items():
        made.mount(f"https://{name}/", _Elsewhere(base, retry))
    if workstation.ca:
        made.verify = str(workstation.ca)
    return made


class _Elsewhere(HTTPAdapter):
    """Asks one host for all that is asked of another: links of a hub lead to its stores by name."""

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
    """Return a successful answer, or raise `HttpError` (`FleetError` if there was none at all)."""
    try:
        # Said with each request: on its own, the session's `verify` yields to the environment.
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
    """Return the first `most` bytes behind a link that needs no key, whether or not it has ranges.

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
    """Return the whole body of a streamed answer; `FleetError` if it breaks off."""
    try:
        return answer.content
    except requests.RequestException as error:
        raise _silence(answer.url, error) from error


def _silence(url: str, error: Exception) -> FleetError:
    return FleetError(
        f"{urlsplit(url).netloc} did not answer, or not to the end ({type(error).__name__}): "
        "check the network, then run again"
    )


def _plain(url: str) -> str:
    """Return the URL without its query, which may hold a signature."""
    return url.partition("?")[0]


def get_json(http: requests.Session, url: str, headers: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return the JSON of a successful answer."""
    answer = get(http, url, headers)
    try:
        return answer.json()
    except ValueError as error:
        raise FleetError(f"{_plain(url)} did not answer with JSON: try again later") from error
