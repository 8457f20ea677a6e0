"""The hubs' own clients, as published, against the stand-ins: so these are known to be right.

The clients are installed once, into a folder of their own in jetfleet's cache.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hubs import Loopback, loopback, of, usual
from twins.paths import cache_dir
from twins.standins import files

# They are a minute of downloads.
pytestmark = pytest.mark.campaign

CLIENTS = ("huggingface_hub==2.4.0", "modelscope==1.40.2", "ngcsdk[telemetry]==4.37.0")
COSMOS = "nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
GEMMA, GGUF = "google/gemma-3-1b-it", "Qwen/Qwen3-8B-GGUF"
VOICE, OWN = "iic/CosyVoice2-0.5B", "jetfleet-lab/own-qwen3-1.7b"
WITH_NGC = """
import sys
from ngcsdk import Client
found = Client().registry.model.download_version(sys.argv[1], destination=sys.argv[2])
sys.exit(found["status"] != "Completed")
"""


@pytest.fixture(scope="session")
def clients() -> Path:
    """Return the folder of the clients' programs."""
    key = hashlib.sha256(" ".join((sys.version, *CLIENTS)).encode()).hexdigest()[:12]
    folder = cache_dir() / f"clients-{key}"
    with files.locked(folder.with_suffix(".lock")):
        if not (folder / "whole").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin/pip", "install", "--quiet", *CLIENTS]
            subprocess.run(pip, check=True, timeout=900)
            (folder / "whole").touch()
    return folder / "bin"


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    folder = tmp_path_factory.mktemp("hubs")
    models = of(folder, COSMOS.partition(":")[0], GEMMA, GGUF, VOICE, OWN)
    with loopback(folder, usual(models)) as running:
        yield running


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


@pytest.fixture
def person(clients: Path, hubs: Loopback, tmp_path: Path) -> Iterator[Person]:
    yield Person(clients, hubs, tmp_path)
    hubs.hubs.faults.clear()


def test_hf_downloads_a_gated_model(person: Person) -> None:
    folder = person.home / "gemma"
    done = person.run("hf", "download", GEMMA, "--local-dir", folder)
    assert done.returncode == 0, done.stderr
    assert person.has(folder, f"hf:{GEMMA}", "hf-canary")


def test_hf_goes_on_after_a_cut(person: Person) -> None:
    person.hubs.fault("cas-bridge.xethub.hf.co/*", cut=9000)
    folder = person.home / "gemma"
    done = person.run("hf", "download", GEMMA, "--local-dir", folder)
    assert done.returncode == 0, done.stderr
    assert person.has(folder, f"hf:{GEMMA}", "hf-canary")


@pytest.mark.parametrize(
    ("name", "token", "sentence"),
    [(GEMMA, "hf-stranger", "requires approval"), (f"{GEMMA}-none", "hf-canary", "not found")],
)
def test_hf_is_refused(person: Person, name: str, token: str, sentence: str) -> None:
    done = person.run("hf", "download", name, "--local-dir", person.home / "x", HF_TOKEN=token)
    assert done.returncode == 1
    assert sentence in done.stderr


def test_modelscope_downloads_as_people_write_it(person: Person) -> None:
    folder = person.home / "voice"
    done = person.run("modelscope", "download", "--model", VOICE, "--local_dir", folder)
    assert done.returncode == 0, done.stderr
    assert person.has(folder, f"modelscope:{VOICE}")


def test_modelscope_downloads_one_file_and_goes_on_after_a_cut(person: Person) -> None:
    person.hubs.fault("cdn-lfs-cn-1.modelscope.cn/*", cut=9000)
    folder, wanted = person.home / "gguf", "*Q5_K_M.gguf"
    argv = ("download", GGUF, "--include", wanted, "--local-dir", folder)
    done = person.run("modelscope", *argv)
    assert done.returncode == 0, done.stderr
    assert person.has(folder, f"modelscope:{GGUF}", include=[wanted])
    assert '"range": "bytes=9000-"' in person.hubs.log.read_text()


def test_modelscope_shows_its_token(person: Person) -> None:
    folder = person.home / "own"
    argv = ("download", OWN, "--local-dir", folder)
    done = person.run("modelscope", *argv, MODELSCOPE_API_TOKEN="")
    assert done.returncode == 1
    done = person.run("modelscope", *argv)
    assert done.returncode == 0, done.stderr
    assert person.has(folder, f"modelscope:{OWN}", "ms-canary")


@pytest.mark.parametrize("key", ["nvapi-canary", "legacy-canary"])
def test_ngc_downloads_a_version(person: Person, key: str) -> None:
    done = person.run("python", "-c", WITH_NGC, COSMOS, person.home, NGC_CLI_API_KEY=key)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = person.home.glob("cosmos-reason2-2b_v*")
    assert person.has(folder, f"ngc:{COSMOS}", key)
