"""Keys of known services and passwords in URLs, recognised by their form."""

from __future__ import annotations

import re

HIDDEN = "***"
"""What stands for a secret."""

_KEYS = re.compile(
    r"nvapi-[\w-]{16,}"  # NVIDIA
    r"|\bhf_[A-Za-z0-9]{16,}"  # Hugging Face
    r"|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{20,}"  # GitHub
    r"|\bglpat-[\w-]{16,}"  # GitLab
    r"|\bsk-[\w-]{20,}"  # OpenAI, and services with the same form
    r"|\bAKIA[0-9A-Z]{16}\b"  # AWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*"  # JSON Web Token, RFC 7519
)
_PASSWORD = re.compile(r"(?P<before>://[^/\s:@\"']*:)(?!\*\*\*@)[^/\s@\"']+(?=@)")
"""The password in a URL; a user need not stand before it."""

_BEARER = re.compile(r"(?P<before>\bbearer\s+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}", re.IGNORECASE)
_HEADER = re.compile(
    r"(?P<before>\b(?:proxy-)?authorization[\\\"']*\s*[:=][\s\\\"']*(?:(?:basic|bearer)\s+)?)"
    r"(?!basic\b|bearer\b)[\w.~+/=-]+",
    re.IGNORECASE,
)


_SETTING = re.compile(
    r"(?P<before>(?:secret|passw(?:or)?d|passphrase|token|api[_-]?key|access[_-]?key|credentials?)"
    r"(?:\\?[\"'])?\s*[:=]\s*(?:\\?[\"'])?)(?![{\[]|\*\*\*|null\b|true\b|false\b)[^\s\"',}\\]+",
    re.IGNORECASE,
)
"""The value of a setting with the name of a secret, in JSON, YAML, TOML or a file of variables."""


def looks_like_key(text: str) -> bool:
    """Return whether `text` contains what looks like a known service's key or a URL's password."""
    return any(pattern.search(text) for pattern in (_KEYS, _PASSWORD, _BEARER))


def mask_keys(text: str) -> str:
    """Return `text` with `HIDDEN` for each key and password, and each header that has one."""
    text = _KEYS.sub(HIDDEN, text)
    for pattern in (_PASSWORD, _HEADER, _BEARER):
        text = pattern.sub(rf"\g<before>{HIDDEN}", text)
    return text


def mask_settings(text: str) -> str:
    """Return `text` as `mask_keys` does, with `HIDDEN` for each value that is named as a secret."""
    return _SETTING.sub(rf"\g<before>{HIDDEN}", mask_keys(text))


def holds_key(data: bytes) -> bool:
    """Return whether a file with these bytes has a value that `mask_settings` would mask."""
    text = data.decode(errors="replace")
    return mask_settings(text) != text
