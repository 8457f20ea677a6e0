"""References to secrets; a spec never contains a secret."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import FreeText

SecretKind = Literal["env", "file", "command"]

WRITTEN = "a secret that is written in the spec"
REFERENCE = "a reference: {env: NAME}, {file: PATH} or {command: COMMAND}"
REMEDY = (
    "put the secret in the environment and write {env: NAME}; revoke the one that was written here"
)

_KEYS = re.compile(
    r"nvapi-[\w-]{16,}"  # NVIDIA
    r"|\bhf_[A-Za-z0-9]{16,}"  # Hugging Face
    r"|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{20,}"  # GitHub
    r"|\bglpat-[\w-]{16,}"  # GitLab
    r"|\bsk-[\w-]{20,}"  # OpenAI, and services with the same form
    r"|\bAKIA[0-9A-Z]{16}\b"  # AWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|://[^/\s:@]+:[^/\s:@]+@"  # a password in a URL
)
_SECRET_NAME = re.compile(
    r"(^|_)(API_?KEY|ACCESS_KEY|SECRET(_KEY)?|TOKEN|PASSWORD|PASSWD)$", re.IGNORECASE
)


def looks_like_key(text: str) -> bool:
    """Return whether `text` contains what looks like a known service's key or a URL's password."""
    return _KEYS.search(text) is not None


def names_a_secret(name: str) -> bool:
    """Return whether the environment variable `name` holds a secret, by its name."""
    return _SECRET_NAME.search(name) is not None


class SecretRef(BaseModel):
    """A reference to a secret: an environment variable, a file or a command of the workstation.

    `value` is the variable's name, the file's path or the command's line; it is not the secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SecretKind
    value: FreeText


def _from_mapping(value: object) -> object:
    if isinstance(value, SecretRef):
        return value
    if isinstance(value, str):
        raise invalid(REFERENCE, REMEDY, WRITTEN)
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _KINDS:
        raise invalid(REFERENCE, "write exactly one of the three")
    (kind, place), *_ = value.items()
    return {"kind": kind, "value": place}


_KINDS = ("env", "file", "command")

Secret = Annotated[SecretRef, BeforeValidator(_from_mapping)]
