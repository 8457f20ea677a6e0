"""What a secret looks like, by its name and by its form."""

from __future__ import annotations

import math
import re
from typing import Iterable

HIDDEN = "***"

TELLING = frozenset(
    {
        "key", "keys", "apikey", "apikeys", "token", "secret", "secrets", "pass", "passwd",
        "password", "passwords", "passphrase", "passcode", "pwd", "psk", "pin", "auth", "oauth",
        "authorization", "cred", "creds", "credential", "credentials", "bearer", "jwt", "cookie",
        "private", "salt", "signature", "sig", "webhook", "dsn",
    }
)  # fmt: skip
"""Words of a name that tell of a secret."""

ENDINGS = (
    "key",
    "token",
    "secret",
    "passwd",
    "password",
    "pwd",
    "psk",
    "passphrase",
    "auth",
    "pass",
)
"""Ends of a word that tell of a secret, as in `wifipsk`."""

NOT_SECRET = frozenset({"bypass", "compass", "hotkey", "monkey", "tokens"})
"""Words that end so, and tokens of text: there are numbers of them, as in `max-tokens`."""

KEYS = re.compile(
    r"nvapi-[\w-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{20,}"
    r"|\bglpat-[\w-]{16,}|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bxox[abprs]-[\w-]{10,}"
    r"|\bAIza[\w-]{30,}|\bdop_v1_\w{30,}|\beyJ[\w-]{8,}\.[\w-]{4,}\.?[\w-]*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY.*"
)
PASSWORD = re.compile(r"(?P<before>://[^/\s:@\"']*:)[^\s@\"']+(?=@)")
USER_ALONE = re.compile(r"(?P<before>://)[^/\s:@\"']{16,}(?=@)")
HEADER = re.compile(
    r"(?P<before>\b(?:proxy-)?authorization[\\\"']*\s*[:=][\s\\\"']*(?:(?:basic|bearer|token)\s+)?)"
    r"[^\s\"'\\]+|(?P<bearer>\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}",
    re.IGNORECASE,
)
# A setting or a header with a telling name: `X-Api-Key: value`, `"token": "value"`.
SETTING = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*)(?P<between>\\?[\"']?\s*[:=]\s*\\?[\"']?)(?P<value>[^\s\"',;&}\\\]]+)"
)
SSHPASS = re.compile(
    r"(?P<before>\bsshpass\s+-p\s*|\s(?:-u|--user)[ =]\s*[A-Za-z][^\s:]*:)[^\s*]\S*"
)
WORD = re.compile(r"[A-Za-z0-9_+~-]{16,}=*")
RUN = re.compile(r"[A-Za-z0-9]+")
# Digests are long and random, and no secrets: of images, of layers, of a revision of a model.
DIGEST = re.compile(
    r"(?:sha256[:-]|snapshots/|@|blobs/|revision[= ]|volumes/|JETFLEET_STARTED_WITH=)"
    r"[0-9a-f]{40,64}\b"
)

LEAST_HEX, LEAST_MIXED = 24, 16


class Names:
    """Tells of a name whether its value is a secret.

    Parameters
    ----------
    variables, options:
        Names that are harmless.

    """

    def __init__(self, variables: Iterable[str], options: Iterable[str]) -> None:
        self.variables = frozenset(variables)
        self.options = frozenset(options)

    def is_harmless_variable(self, name: str) -> bool:
        """Whether the value of an environment variable may be shown."""
        return name in self.variables

    def option_tells(self, name: str) -> bool:
        """Whether an option or a setting holds a secret, by its name."""
        plain = name.lstrip("-").replace("_", "-")
        if plain in self.options or plain.replace("no-", "", 1) in self.options:
            return False
        return tells(plain)


def tells(name: str) -> bool:
    """Whether a word of a name tells of a secret."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()
    for part in re.split(r"[^a-z]+", split):
        if part in NOT_SECRET:
            continue
        if part in TELLING or part.startswith(("cred", "passw")) or part.endswith(ENDINGS):
            return True
    return False


def mask_forms(text: str) -> str:
    """Return text without keys of known services, passwords in URLs, headers and settings."""
    text = KEYS.sub(HIDDEN, text)
    text = PASSWORD.sub(r"\g<before>" + HIDDEN, text)
    text = USER_ALONE.sub(r"\g<before>" + HIDDEN, text)
    text = HEADER.sub(lambda m: (m["before"] or m["bearer"]) + HIDDEN, text)
    text = SSHPASS.sub(r"\g<before>" + HIDDEN, SETTING.sub(_setting, text))
    digests = [found.span() for found in DIGEST.finditer(text)]

    def random(found: re.Match[str]) -> str:
        at = found.start()
        digest = any(begin <= at < end for begin, end in digests)
        runs = RUN.findall(found[0])
        return HIDDEN if not digest and any(_is_random(run) for run in runs) else found[0]

    return WORD.sub(random, text)


def _setting(found: re.Match[str]) -> str:
    if (
        not tells(found["name"])
        or found["value"].startswith(HIDDEN)
        or found["value"] in {"true", "false"}
    ):
        return found[0]
    if found["value"].lower() in {"bearer", "basic", "token"}:
        return found[0]
    return found["name"] + found["between"] + HIDDEN


def _is_random(run: str) -> bool:
    if len(run) < LEAST_MIXED:
        return False
    kinds = [_kind(char) for char in run]
    if set(run) <= set("0123456789abcdef") or set(run) <= set("0123456789ABCDEF"):
        return len(run) >= LEAST_HEX and len(set(kinds)) > 1
    if "0" not in kinds or len(set(kinds)) < 2:  # noqa: PLR2004 - letters and digits
        return False
    # A name is made of words and numbers, so it has few changes from one kind to another.
    changes = sum(one != other for one, other in zip(kinds, kinds[1:]))
    least = 0.5 if len(set(kinds)) > 2 else 0.3  # noqa: PLR2004 - three kinds
    return changes / (len(run) - 1) >= least and _entropy(run) >= 3.0  # noqa: PLR2004


def _kind(char: str) -> str:
    return "0" if char.isdigit() else "A" if char.isupper() else "a"


def _entropy(text: str) -> float:
    """Return the bits of a character, by how often each is there."""
    shares = [text.count(char) / len(text) for char in set(text)]
    return -sum(share * math.log2(share) for share in shares)
