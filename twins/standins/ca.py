"""The authority that the twins trust, and the certificates of the stand-ins of one fleet."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from twins.standins import files
from twins.standins.names import HUB_NAMES, REGISTRY_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DAY = dt.timedelta(days=1)
_AUTHORITY_DAYS, _LEAF_DAYS = 3650, 365


@dataclass(frozen=True)
class Leaf:
    """A certificate (with the authority's behind it) and its key, as files."""

    certificate: Path
    key: Path


def ca_file(cache_dir: Path) -> Path:
    """Return the authority's certificate, made once for a cache folder; its key is 0600."""
    pem, key_file = cache_dir / "ca/ca.pem", cache_dir / "ca/ca.key"
    with files.locked(cache_dir / "ca/lock"):
        if not pem.is_file():
            key = ec.generate_private_key(ec.SECP256R1())
            files.write(key_file, _key_bytes(key), 0o600)
            files.write(pem, _authority(key).public_bytes(serialization.Encoding.PEM))
    return pem


def leaf(cache_dir: Path, fleet_dir: Path, addresses: Sequence[str]) -> Leaf:
    """Make the certificate of a fleet's stand-ins, for all names and these IP addresses.

    Each start of a fleet makes a new one, so that it is never expired.
    """
    pem = ca_file(cache_dir).read_bytes()
    authority = x509.load_pem_x509_certificate(pem)
    signer = serialization.load_pem_private_key((cache_dir / "ca/ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"the key of {ca_file(cache_dir)} is of another kind")
    key = ec.generate_private_key(ec.SECP256R1())
    named = (*REGISTRY_NAMES, *HUB_NAMES, "localhost")
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in named]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    certificate = (
        _builder("jetfleet stand-ins", authority.subject, key.public_key(), _LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_key_identifier(authority), critical=False)
        .sign(signer, hashes.SHA256())
    )
    made = Leaf(fleet_dir / "tls/cert.pem", fleet_dir / "tls/key.pem")
    files.write(made.key, _key_bytes(key), 0o600)
    files.write(made.certificate, certificate.public_bytes(serialization.Encoding.PEM) + pem)
    return made


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jetfleet twins")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _builder("jetfleet twins", name, key.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_signs_certificates(), critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Valid from yesterday on, because a board's clock may be late.
        .not_valid_before(now - _DAY)
        .not_valid_after(now + days * _DAY)
    )


def _key_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
