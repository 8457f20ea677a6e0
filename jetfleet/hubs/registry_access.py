"""How a registry of images is asked: its address, its login, and what each refusal means.

Registries answer a request without a login with a challenge: ``Basic`` asks for user and password
themselves, ``Bearer`` for a token, which a token service gives to a user or to nobody
(https://distribution.github.io/distribution/spec/auth/token/).
"""

from __future__ import annotations

import base64
import re
import warnings
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from urllib3.exceptions import InsecureRequestWarning

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import expected_form, is_untrusted, speaks_http
from jetfleet.hubs.https import HttpError, get, get_json, session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from jetfleet.hubs.answer import Answer
    from jetfleet.spec.image_ref import ImageRef
    from jetfleet.spec.registry import Registry
    from jetfleet.spec.secret import SecretRef
    from jetfleet.workstation.workstation import Workstation

_HOSTS = {"docker.io": "registry-1.docker.io"}

# https://datatracker.ietf.org/doc/html/rfc6750#section-2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_LOGIN = "registries: {{{registry}: {{user: NAME, password: {{env: NAME}}}}}}"


@dataclass(frozen=True)
class Access:
    """The login of one registry, and how it may be reached.

    Parameters
    ----------
    address:
        Its base URL on the twins; empty for boards.
    user, password:
        Its login, the password as a reference; empty and None without one.
    reveal:
        Returns the password; it is called only if the registry asks.
    insecure:
        Whether it may be asked over HTTP, or with a certificate that is not trusted.

    """

    registry: str
    address: str
    user: str
    password: SecretRef | None
    reveal: Callable[[SecretRef], str]
    insecure: bool

    @classmethod
    def of(cls, ref: ImageRef, registry: Registry | None, workstation: Workstation) -> Access:
        """Return how the registry of an image is asked, as a spec has it."""
        return cls(
            registry=ref.registry,
            address=workstation.registries.get(ref.registry, ""),
            user=(registry.user if registry else None) or "",
            password=registry.password if registry else None,
            reveal=workstation.registry_password,
            insecure=bool(registry and registry.insecure),
        )

    def open(self, workstation: Workstation) -> tuple[requests.Session, str]:
        """Return a session for the registry, and its base URL.

        One that may be insecure is asked over HTTPS first, as the Docker engine does.

        Raises
        ------
        FleetError
            It does not answer.

        """
        http, host = session(workstation), _HOSTS.get(self.registry, self.registry)
        if self.address or not self.insecure:
            return http, self.address or f"https://{host}"
        http.verify = False
        warnings.simplefilter("ignore", InsecureRequestWarning)
        try:
            _answers(http, f"https://{host}")
        except FleetError:
            _answers(http, f"http://{host}")
            return http, f"http://{host}"
        return http, f"https://{host}"

    def on_boards(self, url: str) -> str:
        """Return the address that a board has for one of the registry."""
        host = f"https://{_HOSTS.get(self.registry, self.registry)}"
        return url.replace(self.address, host, 1) if self.address else url

    def get(self, http: requests.Session, url: str, accept: str) -> Answer:
        """Return a successful answer; log in if the registry asks for it."""
        try:
            return get(http, url, {"Accept": accept})
        except HttpError as error:
            if error.status != HTTPStatus.UNAUTHORIZED or "Authorization" in http.headers:
                raise
            http.headers["Authorization"] = self._authorization(http, url, error.challenge)
            return get(http, url, {"Accept": accept})

    def _authorization(self, http: requests.Session, url: str, challenge: str) -> str:
        """Return the header that answers the challenge of a registry."""
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        if re.search(r"\bbearer\s", challenge, re.IGNORECASE) and "realm" in fields:
            return f"Bearer {self._token(http, url, fields)}"
        if not re.match(r"basic\b", challenge, re.IGNORECASE):
            raise FleetError(
                f"{self.registry} requires a login of an unknown kind: use another registry"
            )
        if self.password is None:
            raise FleetError(f"{self.registry} requires a login: write {self.login_key}")
        return self._basic

    def _token(self, http: requests.Session, url: str, fields: Mapping[str, str]) -> str:
        """Return a token of the service that the registry's challenge names."""
        realm = fields["realm"]
        if self.password and url.startswith("https:") and not realm.startswith("https:"):
            raise FleetError(
                f"{self.registry} asks to send its password to {realm.partition('?')[0]}, without "
                "TLS: use another registry, or ask its operator"
            )
        query = "&".join(f"{k}={fields[k]}" for k in ("service", "scope") if k in fields)
        headers = {"Authorization": self._basic} if self.password else {}
        with expected_form(self.registry, "a token"):
            answer = get_json(http, f"{realm}?{query}", headers)
            return _TOKEN.fullmatch(answer.get("token") or answer["access_token"])[0]  # type: ignore[index]

    @property
    def _basic(self) -> str:
        password = self.reveal(self.password) if self.password else ""
        return f"Basic {base64.b64encode(f'{self.user}:{password}'.encode()).decode()}"

    @property
    def login_key(self) -> str:
        """What to write for a login."""
        return f"`{_LOGIN.format(registry=self.registry)}`"

    def refusal(self, error: FleetError, ref: ImageRef) -> FleetError:
        """Return the error for an image that the registry does not give, with its remedy."""
        said = (
            self._of_status(_meant(error), ref)
            if isinstance(error, HttpError)
            else self._of_connection(error)
        )
        return FleetError(said) if said else error

    def _of_status(self, status: int, ref: ImageRef) -> str:
        """Return what a status means; empty for one that has no meaning of its own here."""
        image = f"{ref.registry} has no image {ref.repository} with {ref.version}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            more = f", or write a login, which may ask more often: {self.login_key}"
            return (
                f"{ref.registry} limits how often it is asked: wait an hour"
                f"{'' if self.password else more}"
            )
        if status == HTTPStatus.UNAUTHORIZED and self.password:
            return (
                f"{ref.registry} refuses the login of {self.user}: check `user` and `password` of "
                f"registries.{ref.registry}, and whether the password has expired"
            )
        if status == HTTPStatus.FORBIDDEN and self.password:
            return (
                f"{ref.registry} does not let {self.user} read {ref.repository}: check the name, "
                "and ask its owner for the right to read it"
            )
        if status == HTTPStatus.NOT_FOUND and self.password:
            return f"{image} that {self.user} may read: check the name, and the rights of the user"
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            return (
                f"{image}, or it is not public: check the name; for a private image write "
                f"{self.login_key}"
            )
        return ""

    def _of_connection(self, error: FleetError) -> str:
        """Return what a connection means that failed by its TLS; empty for another."""
        cause = error.__cause__
        insecure = f"`registries: {{{self.registry}: {{insecure: true}}}}`"
        if cause is not None and speaks_http(cause):
            return (
                f"{self.registry} answers with HTTP, without TLS: write {insecure} if you trust "
                "the network between"
            )
        if cause is not None and is_untrusted(cause):
            return (
                f"the workstation does not trust the certificate of {self.registry}: check its "
                "clock (`date`); name the authority with REQUESTS_CA_BUNDLE=FILE here, and on "
                f"boards as /etc/docker/certs.d/{self.registry}/ca.crt, or write {insecure}"
            )
        return ""


def _meant(error: HttpError) -> int:
    """Return the status that a registry means: 401 is also its answer to a login of few rights."""
    return HTTPStatus.FORBIDDEN if "insufficient_scope" in error.challenge else error.status


def _answers(http: requests.Session, base: str) -> None:
    """Return if a registry answers, with any status; raise `FleetError` if not."""
    try:
        get(http, f"{base}/v2/", {})
    except HttpError as error:
        if base.startswith("https:") or error.status != HTTPStatus.BAD_REQUEST:
            return
        raise
