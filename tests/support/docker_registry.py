"""Debian's docker-registry on loopback: open, with users, or with a token service.

Users have a password each, and the private repositories that they may read and write.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import bcrypt
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from twins.packages import Program, ensure_packages
from twins.standins import ca

USER = "jet@lab"
PASSWORD = "canary p@ss: 1"  # noqa: S105 - made up
OTHER = ("other", "canary-other")
PRIVATE = "own/app"


@dataclass
class Registry:
    """A running registry.

    Parameters
    ----------
    url:
        Its base URL, and `host` without scheme.
    asked:
        What its token service was asked for, by user; empty for nobody.

    """

    url: str
    host: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: TokenService | None = None

    def push(self, repository: str, tag: str, architecture: str = "arm64") -> str:
        """Push an image without layers; return its digest."""
        layer = hashlib.sha256(b"").hexdigest()
        config = json.dumps(
            {"architecture": architecture, "os": "linux", "config": {"Entrypoint": ["/app"]},
             "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]}}
        ).encode()  # fmt: skip
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        image = "application/vnd.docker.container.image.v1+json"
        rows = [(b"", "application/vnd.docker.image.rootfs.diff.tar.gzip"), (config, image)]
        described = [
            {"mediaType": kind_of, "size": len(blob), "digest": _digest(blob)}
            for blob, kind_of in rows
        ]
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": described[1]}
        content = json.dumps({**manifest, "layers": described[:1]}).encode()
        with requests.Session() as http:
            http.trust_env = False
            http.headers.update(self._pusher(repository))
            for blob, _ in rows:
                begun = http.post(f"{self.url}/v2/{repository}/blobs/uploads/", timeout=10)
                begun.raise_for_status()
                place = begun.headers["Location"]
                joined = "&" if "?" in place else "?"
                address = f"{place}{joined}digest={_digest(blob)}"
                http.put(address, data=blob, timeout=10).raise_for_status()
            put = f"{self.url}/v2/{repository}/manifests/{tag}"
            answer = http.put(put, data=content, headers={"Content-Type": kind}, timeout=10)
            answer.raise_for_status()
        return _digest(content)

    def _pusher(self, repository: str) -> dict[str, str]:
        if self.tokens:
            return {"Authorization": f"Bearer {self.tokens.token(USER, repository)}"}
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return {"Authorization": f"Basic {login}"}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


@contextmanager
def registry(
    folder: Path,
    kind: str = "",
    *,
    tls: bool = False,
    address: str = "127.0.0.1",
    storage: str = "",
) -> Iterator[Registry]:
    """Run a registry.

    Parameters
    ----------
    kind:
        How it asks for a login: ``basic``, ``bearer``, or not at all.
    tls:
        Whether it has a certificate, of an authority of its own in `folder`.
    storage:
        The folder of its images, read-only; by default an empty one of its own.

    """
    ensure_packages([Program("docker-registry", "docker-registry")])
    at = f"{address}:{_free_port(address)}"
    found = Registry(f"http{'s' if tls else ''}://{at}", at)
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {
            "filesystem": {"rootdirectory": storage or str(folder / "images")},
            "maintenance": {
                "readonly": {"enabled": bool(storage)}, "uploadpurging": {"enabled": False},
            },
        },
        "http": {"addr": at, "secret": "canary"},
    }  # fmt: skip
    if tls:
        leaf = ca.leaf(folder, folder, (address,))
        settings["http"]["tls"] = {"certificate": str(leaf.certificate), "key": str(leaf.key)}
    if kind == "basic":
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode()
        (folder / "htpasswd").write_text(f"{USER}:{hashed}\n", encoding="utf-8")
        settings["auth"] = {"htpasswd": {"realm": "lab", "path": str(folder / "htpasswd")}}
    if kind == "bearer":
        found.tokens = TokenService(folder, found.asked)
        settings["auth"] = {"token": found.tokens.settings}
    config = folder / "registry.yml"
    config.write_text(json.dumps(settings), encoding="utf-8")
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdout=log, stderr=subprocess.STDOUT, env={"OTEL_TRACES_EXPORTER": "none"},
        )  # fmt: skip
        try:
            _await(at, process, folder / "registry.log")
            yield found
        finally:
            process.terminate()
            process.wait()
            if found.tokens:
                found.tokens.close()


def _free_port(address: str) -> int:
    with socket.socket() as listener:
        listener.bind((address, 0))
        return int(listener.getsockname()[1])


def _await(at: str, process: subprocess.Popen[bytes], log: Path) -> None:
    host, _, port = at.rpartition(":")
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


class TokenService:
    """A token service: its tokens are JWTs that the registry checks by a certificate."""

    def __init__(self, folder: Path, asked: list[tuple[str, str]]) -> None:
        self.asked = asked
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
        now = dt.datetime.now(dt.timezone.utc)
        day = dt.timedelta(days=1)
        self.certificate = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - day).not_valid_after(now + day)
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip
        bundle = folder / "tokens.pem"
        bundle.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.settings = {
            "realm": f"http://127.0.0.1:{self.server.server_port}/token",
            "service": "lab-registry",
            "issuer": "lab",
            "rootcertbundle": str(bundle),
        }

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Give a token to a user with the right password, and one without rights to nobody."""
        query = parse_qs(urlsplit(request.path).query)
        header = request.headers.get("Authorization", "")
        login = base64.b64decode(header.removeprefix("Basic ")).decode()
        user, _, password = login.partition(":")
        known = {USER: PASSWORD, OTHER[0]: OTHER[1], "": ""}
        scope = next(iter(query.get("scope", [""])))
        self.asked.append((user, scope))
        right = known.get(user) == password
        repository = scope.split(":")[1] if scope.count(":") == 2 else ""
        token = self.token(user, repository)
        content = json.dumps({"token": token} if right else {"details": "no"}).encode()
        request.send_response(200 if right else 401)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def token(self, user: str, repository: str) -> str:
        """Return a token; only one user may read what is private."""
        access = [{"type": "repository", "name": repository, "actions": ["pull", "push"]}]
        may = user == USER or repository != PRIVATE
        now = int(time.time())
        claims = {
            "iss": "lab", "sub": user, "aud": "lab-registry", "exp": now + 300, "nbf": now - 60,
            "iat": now, "jti": str(now), "access": access if may else [],
        }  # fmt: skip
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        body = ".".join(_plain(json.dumps(part).encode()) for part in (head, claims))
        signed = self.key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{body}.{_plain(signed)}"


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
