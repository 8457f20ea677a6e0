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

_SECRET_NAME = re.compile(
    r"(^|_)(API_?KEY|ACCESS_KEY|SECRET(_KEY)?|TOKEN|PASSWORD|PASSWD)$", re.IGNORECASE
)


def names_a_secret(name: str) -> bool:
    """Return whether the environment variable `name` holds a secret, by its name."""
    return _SECRET_NAME.search(name) is not None


def unreadable(reason: str) -> str:
    """Return what stands for a secret that cannot be read, in the text of a file.

    No secret and no text of a spec has the character NUL.
    """
    return f"\0{' '.join(reason.split())}\0"


def unreadable_in(text: str) -> str:
    """Return why secrets in this text could not be read; empty if all of them were."""
    return "; ".join(dict.fromkeys(text.split("\0")[1::2]))


class SecretRef(BaseModel):
    """A reference to a secret: an environment variable, a file or a command of the workstation.

    `value` is the variable's name, the file's path or the command's line; it is not the secret.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

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
