"""The files by which a board uses its HTTP proxy: variables for programs, apt and shells.

The password of a proxy is in files that only root can read, and nowhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from jetfleet.redaction import HIDDEN
from jetfleet.resources import File
from jetfleet.role.role_input import PROXY_VARIABLES
from jetfleet.spec.secret import unreadable_in
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.proxy import Proxy

_SHELLS = "/etc/profile.d/jetfleet-proxy.sh"
_APT = "/etc/apt/apt.conf.d/90jetfleet-proxy"

_HEAD = "Written by jetfleet from the spec; changes made here are undone."
_ITSELF = ("localhost", "127.0.0.1", "::1")
_HOST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def proxy_variables(inputs: RoleInput) -> dict[str, str]:
    """Return the environment variables of a host's proxy; none without one."""
    proxy = inputs.host.proxy
    if proxy is None:
        return {}
    values = {
        "http_proxy": _with_login(proxy.http, inputs),
        "https_proxy": _with_login(proxy.https, inputs),
        "no_proxy": ",".join((*_ITSELF, *proxy.none)),
    }
    # curl reads http_proxy only in small letters, other programs read only capitals.
    return {
        name: value for small, value in values.items() if value for name in (small.upper(), small)
    }


def proxy_file(inputs: RoleInput) -> File:
    """Return the file `PROXY_VARIABLES` of a host with a proxy."""
    text = "".join(f"{name}={value}\n" for name, value in proxy_variables(inputs).items())
    return File(PROXY_VARIABLES, text, mode="600", secret=True)


def proxy_files(inputs: RoleInput) -> Resources:
    """Return all files of a host's proxy: its variables, and those of apt and of login shells."""
    proxy = inputs.host.proxy
    if proxy is None:
        return []
    shells = "".join(
        f"export {name}={words([value])}\n" for name, value in proxy_variables(inputs).items()
    )
    secret = proxy.user is not None
    mode = "600" if secret else "644"
    return [
        proxy_file(inputs),
        File(_SHELLS, f"# {_HEAD}\n{shells}", mode=mode, secret=secret),
        File(_APT, "\n".join((f"// {_HEAD}", *_apt(proxy, inputs), "")), mode=mode, secret=secret),
    ]


def _apt(proxy: Proxy, inputs: RoleInput) -> Iterator[str]:
    """Yield lines of apt.conf(5); apt knows hosts that are reached without proxy, no networks."""
    for scheme, url in (("http", proxy.http), ("https", proxy.https)):
        yield f'Acquire::{scheme}::Proxy "{_with_login(url, inputs) or "DIRECT"}";'
    for host in (*_ITSELF, *proxy.none):
        if _HOST_NAME.fullmatch(host):
            yield f'Acquire::http::Proxy::{host} "DIRECT";'
            yield f'Acquire::https::Proxy::{host} "DIRECT";'


def _with_login(url: str | None, inputs: RoleInput) -> str:
    """Return the URL of a proxy with its login, percent-encoded; empty without a URL."""
    proxy = inputs.host.proxy
    if not url or proxy is None or proxy.user is None:
        return (url or "").rstrip("/")
    scheme, _, place = url.rstrip("/").partition("://")
    password = inputs.reveal(proxy.password) if proxy.password else ""
    if password != HIDDEN and not unreadable_in(password):
        password = quote(password, safe="")
    login = quote(proxy.user, safe="") + (f":{password}" if proxy.password else "")
    return f"{scheme}://{login}@{place}"
