"""Debian's docker-registry: over TLS for a fleet, on loopback for the push that fills it."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from jetfleet.errors import FleetError
from twins.standins import direct, files
from twins.standins.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twins.standins.ca import Leaf

_START_SECONDS = 20.0
_POLL_SECONDS = 0.05


def storage(cache_dir: Path) -> Path:
    """Return where the images are kept, for all fleets."""
    return cache_dir / "registry"


def command(fleet_dir: Path, cache_dir: Path, address: str, leaf: Leaf) -> Command:
    """Return the registry of a fleet at `address` (`ip:port`): over TLS, and read-only.

    The storage is shared by fleets, so none of them may write to it.
    """
    settings = _settings(storage(cache_dir), address, read_only=True)
    settings["http"]["tls"] = {"certificate": str(leaf.certificate), "key": str(leaf.key)}
    return _command(fleet_dir / "registry.yml", settings)


@contextmanager
def writable(cache_dir: Path) -> Iterator[str]:
    """Run a registry over the storage on a loopback port; yields its URL.

    Raises `FleetError` when it does not start.
    """
    address = f"127.0.0.1:{_free_port()}"
    settings = _settings(storage(cache_dir), address, read_only=False)
    run = _command(cache_dir / "registry-push.yml", settings)
    log_file = cache_dir / "registry-push.log"
    with log_file.open("wb") as log:
        try:
            process = subprocess.Popen(run.argv, stdout=log, stderr=subprocess.STDOUT)
        except FileNotFoundError:
            raise FleetError(
                "The stand-in registry needs the program docker-registry, which is not installed; "
                "install the package docker-registry."
            ) from None
        try:
            _await(f"http://{address}/v2/", process, log_file)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait()


def _settings(root: Path, address: str, *, read_only: bool) -> dict[str, Any]:
    return {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(root)},
            "maintenance": {
                "readonly": {"enabled": read_only},
                "uploadpurging": {"enabled": False},
            },
        },
        "http": {"addr": address, "relativeurls": True, "secret": secrets.token_hex(16)},
    }


def _command(config: Path, settings: dict[str, Any]) -> Command:
    # JSON is YAML too, and the registry reads YAML.
    files.write(config, json.dumps(settings, indent=2).encode(), 0o600)
    # There is no collector for traces here.
    quiet = {"OTEL_TRACES_EXPORTER": "none"}
    return Command("registry", ("docker-registry", "serve", str(config)), quiet)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(url: str, process: subprocess.Popen[bytes], log_file: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _answers(url):
            return
        time.sleep(_POLL_SECONDS)
    last = "\n".join(log_file.read_text(errors="replace").splitlines()[-5:])
    raise FleetError(f"docker-registry did not start; it said:\n{last}\nSee {log_file}.")


def _answers(url: str) -> bool:
    try:
        with direct.session() as session:
            return session.get(url, timeout=1).ok
    except requests.RequestException:
        return False
