"""What is particular to one hub: pages, commits, tags, mirrors, keys that stay here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.registry import hub_of
from jetfleet.spec.load import load
from jetfleet.spec.model import ModelSpec
from jetfleet.workstation.workstation import Workstation, workstation_of
from tests.support.hubs import KEYS, Loopback, loopback, of, usual
from twins import standins
from twins.standins import direct
from twins.standins.hubs import git
from twins.standins.hubs.content.models import Model
from twins.standins.hubs.huggingface import site as hf
from twins.standins.hubs.modelscope import site as modelscope
from twins.standins.hubs.ollama import site as ollama
from twins.standins.hubs.signing import Signer
from twins.standins.hubs.sites import sites
from twins.standins.hubs.store import Store

GEMMA = "hf:google/gemma-3-1b-it"
VOICE = "iic/CosyVoice2-0.5B"
NAMES = ("google/gemma-3-1b-it", "jetfleet-lab/own-qwen3-1.7b", VOICE, "qwen3", "gguf",
         "nim/nvidia/cosmos-reason2-2b")  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    return of(tmp_path_factory.mktemp("models"), *NAMES)


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, models: list[Model]) -> Iterator[Loopback]:
    with loopback(tmp_path_factory.mktemp("hubs"), usual(models)) as running:
        yield running


def named(models: list[Model], hub: str, name: str) -> Model:
    return next(m for m in models if (m.definition.hub, m.definition.name) == (hub, name))


def test_hugging_face_is_locked_to_a_commit(hubs: Loopback, models: list[Model]) -> None:
    gemma = named(models, "hf", "google/gemma-3-1b-it")
    locked = hubs.hub(GEMMA, "hf-canary").listing()
    assert locked.revision == git.commit(gemma)
    assert hubs.hub(f"{GEMMA}@{locked.revision}", "hf-canary").listing().files == locked.files
    assert {f.path: f.sha256 for f in locked.files} == {f.path: f.sha256 for f in gemma.files}


def test_what_needs_the_key_comes_without_it(hubs: Loopback) -> None:
    for source, key in (
        (GEMMA, "hf-canary"),
        ("modelscope:jetfleet-lab/own-qwen3-1.7b", "ms-canary"),
    ):
        asked = hubs.hub(source, key)
        locked = asked.listing()
        links = asked.links(locked, ["config.json", "model.safetensors"])
        assert json.loads(links.content["config.json"])["model_type"]
        assert "Signature=" in links.urls["model.safetensors"][0]
        assert hubs.url not in links.urls["model.safetensors"][0]
        assert "canary" not in repr(links)


def test_a_signed_link_is_good_for_a_while(tmp_path: Path, models: list[Model]) -> None:
    sources = {
        "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8": "nvapi-canary",
        GEMMA: "hf-canary",
        f"modelscope:{VOICE}": "ms-canary",
        "ollama:qwen3:1.7b": None,
    }
    with (
        loopback(tmp_path, lambda origin: sites(models, KEYS, 0, origin)) as running,
        direct.session(running.authority) as session,
    ):
        for source, key in sources.items():
            hub = running.hub(source, key)
            locked = hub.listing()
            large = max(locked.files, key=lambda file: file.size).path
            (url,) = hub.links(locked, [large]).urls[large]
            assert session.get(url, timeout=5).status_code == 403, source


def test_hugging_face_lists_in_pages(tmp_path: Path, models: list[Model]) -> None:
    gemma = named(models, "hf", "google/gemma-3-1b-it")

    def make(origin: str) -> list[hf.HuggingFace]:
        store = Store("store", "/xet-bridge-us/", Signer(60), origin)
        return [hf.HuggingFace([gemma], KEYS.hub("hf"), KEYS.strangers, store, page=2)]

    with loopback(tmp_path, make) as running:
        assert len(running.hub(GEMMA, "hf-canary").listing().files) == len(gemma.files) > 4


def test_modelscope_is_walked_where_it_cuts_off(
    tmp_path: Path, models: list[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = named(models, "modelscope", VOICE)
    assert any("/" in file.path for file in voice.files)

    def make(origin: str) -> list[modelscope.ModelScope]:
        store = Store("store", "/prod/lfs-objects/", Signer(60), origin)
        return [modelscope.ModelScope([voice], frozenset(), store, cap=len(voice.files))]

    with loopback(tmp_path, make) as running:
        monkeypatch.setattr("jetfleet.hubs.modelscope.hub.CAP", len(voice.files))
        locked = running.hub(f"modelscope:{VOICE}").listing()
        assert {f.path for f in locked.files} == {f.path for f in voice.files}
        monkeypatch.setattr("jetfleet.hubs.modelscope.hub.CAP", 3)
        with pytest.raises(FleetError, match="more than 3 entries in /, and ModelScope lists no"):
            running.hub(f"modelscope:{VOICE}").listing()


def test_modelscope_is_locked_to_commits(hubs: Loopback, models: list[Model]) -> None:
    asked = hubs.hub(f"modelscope:{VOICE}")
    locked = asked.listing()
    commit = git.commit(named(models, "modelscope", VOICE))
    assert locked.revision.startswith("master-")
    assert {file.commit for file in locked.files} == {commit}
    assert f"Revision={commit}" in asked.links(locked, ["llm.pt"]).urls["llm.pt"][0]
    one = hubs.hub(f"modelscope:{VOICE}", include=["*.pt"], exclude=["flow.*"]).listing()
    assert [file.path for file in one.files] == ["hift.pt", "llm.pt"]
    assert one.revision != locked.revision


def test_ollama_is_a_store(hubs: Loopback, models: list[Model]) -> None:
    asked = hubs.hub("ollama:qwen3:1.7b")
    locked = asked.listing()
    model = next(m for m in models if m.definition.target == "qwen3:1.7b")
    content = ollama.manifest(model)
    path = "manifests/registry.ollama.ai/library/qwen3/1.7b"
    assert locked.revision == hashlib.sha256(content).hexdigest()[:12]
    assert {f.path for f in locked.files} == {
        path, *(f"blobs/sha256-{file.sha256}" for file in model.files)
    }  # fmt: skip
    # The tag may move on: its manifest is in the lock.
    hubs.fault("registry.ollama.ai/*/manifests/*", status=404)
    assert asked.links(locked, [path]).content == {path: content}
    hubs.hubs.faults.clear()


def test_a_file_on_the_web(hubs: Loopback, models: list[Model]) -> None:
    (file,) = named(models, "web", "gguf").files
    source = f"https://models.example.org/gguf/{file.path}"
    asked = hubs.hub(source, sha256=file.sha256)
    locked = asked.listing()
    assert (locked.revision, locked.size) == (file.sha256[:12], file.size)
    assert hubs.fetched(asked.links(locked, [file.path])) == {file.path: file.sha256}
    shorter = locked.model_copy(update={"files": (locked.files[0].model_copy(update={"size": 1}),)})
    with pytest.raises(FleetError, match=r"models.example.org changed or removed Qwen3-8B"):
        asked.links(shorter, [file.path])
    with pytest.raises(FleetError, match="does not have it, or does not tell its size"):
        hubs.hub(f"{source}x", sha256=file.sha256).listing()


def test_a_folder_here(tmp_path: Path) -> None:
    folder = tmp_path / "models/own"
    (folder / "sub").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "sub/w.bin").write_bytes(b"weights")
    (folder / ".jetfleet").write_text("a marker")
    (folder / "inside.json").symlink_to("config.json")
    side = workstation_of(tmp_path / "lab.yaml")

    def asked(**more: object) -> ModelSpec:
        return ModelSpec.model_validate({"name": "m", "source": "file:models/own", **more})

    hub = hub_of(asked(), side)
    locked = hub.listing()
    assert [file.path for file in locked.files] == ["config.json", "inside.json", "sub/w.bin"]
    assert locked.files[2].sha256 == hashlib.sha256(b"weights").hexdigest()
    assert hub.links(locked, ["sub/w.bin"]).local == {"sub/w.bin": folder / "sub/w.bin"}
    (folder / "sub/w.bin").write_bytes(b"other weights")
    with pytest.raises(FleetError, match=r"changed or removed sub/w.bin"):
        hub.links(locked, ["sub/w.bin"])
    assert hub.listing().revision != locked.revision
    (folder / "out").symlink_to("/etc/hostname")
    with pytest.raises(FleetError, match=r"'out' in .* which is a link that leaves the folder"):
        hub.listing()
    assert hub_of(asked(exclude=["out"]), side).listing().files
    nowhere = ModelSpec.model_validate({"name": "m", "source": "file:none"})
    with pytest.raises(FleetError, match="there is no folder"):
        hub_of(nowhere, side).listing()


def test_a_legacy_key_of_ngc_is_exchanged(hubs: Loopback) -> None:
    source = "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
    before = hubs.log.read_text().count("/token")
    locked = hubs.hub(source, "legacy-canary").listing()
    assert hubs.log.read_text().count("/token") == before + 1
    assert locked == hubs.hub(source, "nvapi-canary").listing()


@pytest.mark.parametrize(
    ("name", "variable"), [("hf", "HF_ENDPOINT"), ("modelscope", "MODELSCOPE_ENDPOINT")]
)
def test_a_mirror_in_the_environment(
    name: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = Workstation(known_hosts=Path("known_hosts"))
    monkeypatch.delenv(variable, raising=False)
    assert side.endpoint(name, "https://hub", variable) == "https://hub"
    monkeypatch.setenv(variable, "https://mirror.example/")
    assert side.endpoint(name, "https://hub", variable) == "https://mirror.example"
    twins = side.model_copy(update={"endpoints": standins.endpoints("https://10.231.0.3")})
    assert twins.endpoint(name, "https://hub", variable) == "https://10.231.0.3"


def test_an_address_of_the_spec_counts_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    text = (
        'version: 1\nhubs: {hf: "https://spec.example", ollama: "http://store.lab:5000"}\n'
        'models: {m: {source: "hf:a/b"}, o: {source: "ollama:qwen3:1.7b"},\n'
        '  other: {source: "ollama:own.example/a/b:1"}}\n'
        'hosts: {a: {module: orin-nano-super, jetpack: "6.2", address: 192.0.2.1}}\n'
    )
    (tmp_path / "spec.yaml").write_text(text)
    spec = load(tmp_path / "spec.yaml")
    side = workstation_of(tmp_path / "spec.yaml", spec.hubs)
    bases = {name: vars(hub_of(model, side))["base"] for name, model in spec.models.items()}
    assert bases == {
        "m": "https://spec.example",
        "o": "http://store.lab:5000",
        "other": "https://own.example",
    }
    twins = side.model_copy(update={"endpoints": standins.endpoints("https://10.231.0.3")})
    assert twins.endpoint("hf", "https://hub") == "https://10.231.0.3"


def test_a_key_is_not_sent_without_tls(tmp_path: Path) -> None:
    side = Workstation(
        known_hosts=tmp_path, hubs={"hf": "http://mirror.lab"}, secrets={"KEY": "hf-canary"}
    )
    source = {"name": "m", "source": "hf:a/b"}
    assert hub_of(ModelSpec.model_validate(source), side)
    keyed = ModelSpec.model_validate({**source, "api_key": {"env": "KEY"}})
    with pytest.raises(FleetError, match=r"its key would go to http://mirror\.lab without TLS"):
        hub_of(keyed, side)


@pytest.mark.parametrize(
    ("hubs", "said"),
    [
        ("{hugging: https://a.b}", "found the hub hugging, expected one of hf, modelscope, ngc"),
        ("{https: https://a.b}", "found the hub https, expected one of"),
        ("{hf: hf-mirror.com}", "a URL such as"),
    ],
)
def test_an_address_of_no_hub_is_refused(tmp_path: Path, hubs: str, said: str) -> None:
    text = (
        f"version: 1\nhubs: {hubs}\n"
        'hosts: {a: {module: orin-nano-super, jetpack: "6.2", address: 192.0.2.1}}\n'
    )
    (tmp_path / "spec.yaml").write_text(text)
    with pytest.raises(FleetError) as caught:
        load(tmp_path / "spec.yaml")
    assert said in str(caught.value)
