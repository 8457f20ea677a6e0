"""The hubs' own clients, as published, against the stand-ins: so these are known to be right.

The clients are installed once, into a folder of their own in jetfleet's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub_clients import WITH_NGC, Person, installed
from tests.support.hubs import Loopback, loopback, of, usual

# They are a minute of downloads.
pytestmark = pytest.mark.campaign

COSMOS = "nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
GEMMA, GGUF = "google/gemma-3-1b-it", "Qwen/Qwen3-8B-GGUF"
VOICE, OWN = "iic/CosyVoice2-0.5B", "jetfleet-lab/own-qwen3-1.7b"


@pytest.fixture(scope="session")
def clients() -> Path:
    return installed()


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    folder = tmp_path_factory.mktemp("hubs")
    models = of(folder, COSMOS.partition(":")[0], GEMMA, GGUF, VOICE, OWN)
    with loopback(folder, usual(models)) as running:
        yield running


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
