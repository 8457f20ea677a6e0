"""What the survey of a board that was set up by hand lists: run by the real shell."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from jetfleet.adopt.folders import read_folders, survey_folders
from jetfleet.adopt.models import identify, of_store
from jetfleet.resources.model import ModelFile


def weights(folder: Path, *, note: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights of " + folder.name.encode())
    (folder / ".gitattributes").write_text("x")
    if note:
        (folder / ".mv").write_text(note)
    return folder


def read(places: Path) -> str:
    done = subprocess.run(
        ["sh"], input=survey_folders([str(places)]), capture_output=True, text=True, check=True
    )
    return done.stdout


def test_folders_are_listed_hashed_and_named_by_the_client_that_made_them(tmp_path: Path) -> None:
    weights(tmp_path / "Projects/cosmos-reason2-2b_v1208-fp8-static-kv8")
    weights(tmp_path / "models/Qwen/Qwen3-8B", note="Revision:master,CreatedAt:1700000000\n")
    snapshot = tmp_path / ".cache/huggingface/hub/models--Qwen--Qwen3-0.6B/snapshots" / ("a" * 40)
    blobs = weights(snapshot.parent.parent / "blobs")
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).symlink_to(blobs / name)
    weights(tmp_path / ".cache/modelscope/hub/models/Qwen/Qwen2___5-7B")
    weights(tmp_path / ".cache/modelscope/models/Qwen--Qwen3-4B/snapshots/v1.1")
    (weights(tmp_path / "wjj/iic/SenseVoiceSmall") / "configuration.json").write_text("{}")
    weights(tmp_path / "somewhere")
    folders, stores = read_folders(read(tmp_path))
    named = {identify(one).source for one in folders if identify(one)}  # type: ignore[union-attr]
    assert stores == []
    assert named == {
        "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8",
        "modelscope:Qwen/Qwen3-8B",
        f"hf:Qwen/Qwen3-0.6B@{'a' * 40}",
        "modelscope:Qwen/Qwen2.5-7B",
        "modelscope:Qwen/Qwen3-4B@v1.1",
        "modelscope:iic/SenseVoiceSmall",
    }
    (unknown,) = [one for one in folders if identify(one) is None]
    assert unknown.path == str(tmp_path / "somewhere")
    content = b"weights of somewhere"
    assert unknown.files == (
        ModelFile("config.json", 2, hashlib.sha256(b"{}").hexdigest()),
        ModelFile("model.safetensors", len(content), hashlib.sha256(content).hexdigest()),
    )


def test_a_folder_that_jetfleet_fetched_is_left_out(tmp_path: Path) -> None:
    (weights(tmp_path / "models/x") / ".jetfleet").write_text("")
    assert read_folders(read(tmp_path)) == ([], [])


def test_models_of_an_ollama_store_are_named_and_need_no_hashing(tmp_path: Path) -> None:
    config, layer = hashlib.sha256(b"c").hexdigest(), hashlib.sha256(b"l").hexdigest()
    manifest = json.dumps(
        {"config": {"digest": f"sha256:{config}"}, "layers": [{"digest": f"sha256:{layer}"}]},
        indent=1,
    )
    (tmp_path / "ollama/blobs").mkdir(parents=True)
    (tmp_path / f"ollama/blobs/sha256-{config}").write_bytes(b"c")
    (tmp_path / f"ollama/blobs/sha256-{layer}").write_bytes(b"l")
    named = tmp_path / "ollama/manifests/registry.ollama.ai/library/qwen2.5/1.5b"
    named.parent.mkdir(parents=True)
    named.write_text(manifest)
    half = named.with_name("7b")
    half.write_text(manifest.replace(layer, "f" * 64))
    folders, stores = read_folders(read(tmp_path))
    assert folders == []
    (model,) = [of_store(one) for one in stores]
    assert (model.name, model.source) == ("qwen2.5-1.5b", "ollama:qwen2.5:1.5b")
    assert model.folder == str(tmp_path / "ollama")
    digest = hashlib.sha256(manifest.encode()).hexdigest()
    assert model.revision == digest[:12]
    assert [(f.path, f.sha256) for f in model.files] == [
        (f"blobs/sha256-{config}", config),
        (f"blobs/sha256-{layer}", layer),
        ("manifests/registry.ollama.ai/library/qwen2.5/1.5b", digest),
    ]
