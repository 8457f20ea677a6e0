"""Signed URLs and tokens that are valid for a limited time, for any client that has them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Signer:
    """Signs paths for `seconds` from now; `clock` gives seconds since 1970."""

    def __init__(self, seconds: int, clock: Callable[[], float] = time.time) -> None:
        self.seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def url(self, origin: str, path: str) -> str:
        """Return the URL of a path under an origin such as `https://files.example`."""
        expires = int(self._clock()) + self.seconds
        query = urlencode({"Expires": expires, "Signature": self._sign(path, expires)})
        return f"{origin}{quote(path)}?{query}"

    def allows(self, path: str, query: Mapping[str, str]) -> bool:
        """Tell whether a request for the path carries a signature that is right and in time."""
        try:
            expires = int(query["Expires"])
        except (KeyError, ValueError):
            return False
        given, wanted = query.get("Signature", ""), self._sign(path, expires)
        right = hmac.compare_digest(given.encode(), wanted.encode())
        return right and self._clock() < expires

    def token(self) -> str:
        """Return a token that `knows` accepts for the same time."""
        expires = int(self._clock()) + self.seconds
        return f"{expires}.{self._sign('token', expires)}"

    def knows(self, token: str) -> bool:
        """Tell whether the token is one of this signer's and in time."""
        expires, _, signature = token.partition(".")
        return self.allows("token", {"Expires": expires, "Signature": signature})

    def _sign(self, text: str, expires: int) -> str:
        return hmac.new(self._key, f"{expires} {text}".encode(), hashlib.sha256).hexdigest()
