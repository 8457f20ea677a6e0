"""The hubs' own clients, as published, and a user who runs them against the stand-ins."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.hubs import Loopback
from twins.paths import cache_dir
from twins.standins import files

CLIENTS = ("huggingface_hub==2.4.0", "modelscope==1.40.2", "ngcsdk[telemetry]==4.37.0")
WITH_NGC = """
import sys
from ngcsdk import Client
found = Client().registry.model.download_version(sys.argv[1], destination=sys.argv[2])
sys.exit(found["status"] != "Completed")
"""


def installed(clients: Sequence[str] = CLIENTS) -> Path:
    """Install programs once, into a folder of their own; return the folder of their programs."""
    key = hashlib.sha256(" ".join((sys.version, *clients)).encode()).hexdigest()[:12]
    folder = cache_dir() / f"clients-{key}"
    with files.locked(folder.with_suffix(".lock")):
        if not (folder / "whole").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin/pip", "install", "--quiet", *clients]
            subprocess.run(pip, check=True, timeout=900)
            (folder / "whole").touch()
    return folder / "bin"


@dataclass(frozen=True)
class Person:
    """A user who runs the clients at home, with all keys, sent to the stand-ins."""

    clients: Path
    hubs: Loopback
    home: Path

    def environ(self) -> dict[str, str]:
        url, authority = self.hubs.url, str(self.hubs.authority)
        return {
            "PATH": "/usr/bin:/bin", "HOME": str(self.home),
            "SSL_CERT_FILE": authority, "REQUESTS_CA_BUNDLE": authority,
            "HF_ENDPOINT": url, "HF_TOKEN": "hf-canary", "HF_HUB_DISABLE_XET": "1",
            "MODELSCOPE_ENDPOINT": url, "MODELSCOPE_API_TOKEN": "ms-canary",
            "MODELSCOPE_DOWNLOAD_INTRA_CLOUD": "false",
            "NGC_CLI_API_URL": url, "NGC_CLI_AUTH_URL": url, "NGC_CLI_API_KEY": "nvapi-canary",
            "NGC_CLI_ORG": "nim", "NGC_CLI_TEAM": "nvidia", "NGC_CLI_TRACE_DISABLE": "1",
        }  # fmt: skip

    def run(self, *argv: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.clients / argv[0], *argv[1:]],
            env={**self.environ(), **environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def has(self, folder: Path, source: str, key: str | None = None, **more: object) -> bool:
        """Tell whether a folder holds just what jetfleet would lock, byte for byte."""
        locked = self.hubs.hub(source, key, **more).listing()
        found = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and ".cache" not in path.parts
        }
        return found == {file.path: file.sha256 for file in locked.files}
