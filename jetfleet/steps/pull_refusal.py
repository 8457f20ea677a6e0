"""What the errors of `docker pull` mean, and what to write or do about them."""

from __future__ import annotations

import re

_AGAIN = "and run again"
_SIGNS = (
    (re.compile(r"407|proxy authentication required", re.IGNORECASE), "proxy-login"),
    (re.compile(r"proxyconnect"), "proxy"),
    (re.compile(r"x509|failed to verify certificate", re.IGNORECASE), "authority"),
    (re.compile(r"server gave HTTP response to HTTPS client"), "http"),
    (re.compile(r"toomanyrequests|429|too many requests|rate limit", re.IGNORECASE), "limit"),
    (re.compile(r"no basic auth credentials|unauthorized|\b401\b", re.IGNORECASE), "login"),
    (re.compile(r"\bdenied\b|forbidden|\b403\b", re.IGNORECASE), "denied"),
    (re.compile(r"manifest unknown|not found|name unknown|\b404\b", re.IGNORECASE), "missing"),
)
_REMEDIES = {
    "proxy-login": "the proxy requires a login: check `proxy.user` and `proxy.password`, {again}",
    "proxy": "the board does not reach its proxy: check `proxy` in the spec, {again}",
    "authority": (
        "the board does not trust the certificate of {registry}: check its clock (`date`), put the "
        "authority at /etc/docker/certs.d/{registry}/ca.crt on the board, or write `registries: "
        "{{{registry}: {{insecure: true}}}}`, {again}"
    ),
    "http": (
        "{registry} answers with HTTP, without TLS: write `registries: {{{registry}: {{insecure: "
        "true}}}}` if you trust the network between, {again}"
    ),
    "limit": "{registry} limits how often it is asked: wait an hour{or_login}, {again}",
    "login": (
        "{registry} refuses the login of {user}: check `user` and `password` of "
        "registries.{registry}, {again}"
    ),
    "denied": (
        "{registry} does not let {user} read it: check the name, and ask its owner for the right, "
        "{again}"
    ),
    "missing": (
        "{registry} does not have it any more: `jetfleet lock SPEC --upgrade IMAGE`, {again}"
    ),
    "no-login": (
        "{registry} requires a login for it, or has no such image: check the name, or write "
        "`registries: {{{registry}: {{user: NAME, password: {{env: NAME}}}}}}`, {again}"
    ),
}


def pull_remedy(said: str, registry: str, user: str) -> str:
    """Return what a refusal means and what to do; empty for an error of another kind.

    Parameters
    ----------
    said:
        What docker printed.
    user:
        The user that the pull logged in as; empty without a login.

    """
    kind = next((kind for sign, kind in _SIGNS if sign.search(said)), "")
    if kind in {"login", "denied"} and not user:
        kind = "no-login"
    or_login = "" if user else f", or write a login under registries.{registry}"
    remedy = _REMEDIES.get(kind, "")
    return remedy.format(registry=registry, user=user, or_login=or_login, again=_AGAIN)
