"""Host certificates of OpenSSH: whether one proves that a key is a certain host's.

https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.certkeys?annotate=HEAD
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.hazmat.primitives.serialization.ssh import (
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from jetfleet.hostkeys.known_hosts import is_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cryptography.hazmat.primitives.serialization.ssh import SSHCertPublicKeyTypes

_SHA1 = b"ssh-rsa"


class Certificate:
    """A certificate that a host has shown; raise `ValueError` if it cannot be read."""

    def __init__(self, blob: bytes) -> None:
        length = int.from_bytes(blob[:4], "big")
        line = blob[4 : 4 + length] + b" " + base64.b64encode(blob)
        try:
            found = load_ssh_public_identity(line)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValueError(f"its certificate cannot be read ({error})") from error
        if not isinstance(found, SSHCertificate):
            raise ValueError("what it shows is not a certificate")  # noqa: TRY004 - one kind of error
        self._blob, self._certificate = blob, found
        self.key = _blob_of(found.public_key())
        self.authority = _blob_of(found.signature_key())

    def doubt(self, address: str, authorities: Collection[bytes], now: float) -> str:
        """Return why the certificate does not prove its key for a host; empty if it does.

        Parameters
        ----------
        address:
            Of the host, without its port, as the certificate must name it.
        authorities:
            The keys that may sign for this host.
        now:
            Seconds since 1970.

        """
        return next(self._doubts(address, authorities, now), "")

    def _doubts(self, address: str, authorities: Collection[bytes], now: float) -> Iterator[str]:
        found = self._certificate
        principals = [name.decode(errors="replace") for name in found.valid_principals]
        if self.authority not in authorities:
            yield "its certificate is signed by an authority that is not pinned for it"
        if found.type != SSHCertificateType.HOST:
            yield "it shows a certificate of a user, not of a host"
        if not self._is_signed():
            yield "the signature of its certificate is wrong, or made with SHA-1"
        if found.critical_options:
            yield "its certificate has a critical option, which a host's certificate cannot have"
        if now < found.valid_after:
            yield f"its certificate is valid from {_day(found.valid_after)} only: check the clocks"
        if now >= found.valid_before:
            yield f"its certificate has expired on {_day(found.valid_before)}: sign its key again"
        if not any(is_name(name, address) for name in principals if not name.startswith("!")):
            yield f"its certificate is for {', '.join(principals) or 'no host'}, not for {address}"

    def _is_signed(self) -> bool:
        """Return whether the authority has made the signature, and not with SHA-1."""
        # The signature follows the authority's key: its length, the length of its type, its type.
        end = self._blob.rindex(self.authority) + len(self.authority)
        length = int.from_bytes(self._blob[end + 4 : end + 8], "big")
        if self._blob[end + 8 : end + 8 + length] == _SHA1:
            return False
        try:
            self._certificate.verify_cert_signature()
        except InvalidSignature:
            return False
        return True


def _blob_of(key: SSHCertPublicKeyTypes) -> bytes:
    return base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])


def _day(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"
