"""Ed25519 keys: host keys of twins, and the key of the user who logs in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class KeyPair:
    """A key pair on disk: the private key, 0600, and beside it the public one, `.pub`."""

    private: Path

    @property
    def public(self) -> str:
        """The public key as one line, `ssh-ed25519 …`."""
        return (
            self.private.with_name(f"{self.private.name}.pub").read_text(encoding="ascii").strip()
        )


def key_pair(private: Path) -> KeyPair:
    """Return the key pair at this path; make it first if the file does not exist."""
    if not private.exists():
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        private.with_name(f"{private.name}.pub").write_bytes(public + b"\n")
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
    return KeyPair(private)
