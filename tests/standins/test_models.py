"""What the stand-in hubs serve: true headers, true configs, hosts that are known everywhere."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from twins import standins
from twins.standins.hubs.accepted import Keys
from twins.standins.hubs.content.definition import definitions
from twins.standins.hubs.content.models import laid_out, publish
from twins.standins.hubs.sites import sites


def string(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", data, at)
    return data[at + 8 : at + 8 + length].decode(), at + 8 + length


@pytest.mark.parametrize("name", ["Qwen/Qwen3-30B-A3B-GGUF", "smollm2"])
def test_gguf_has_a_true_header(tmp_path: Path, name: str) -> None:
    model = laid_out(tmp_path, next(d for d in definitions() if d.name == name))
    file = next(f for f in model.files if f.path == "model" or "Q4_K_M" in f.path)
    data = file.source.read_bytes()
    magic, version, tensors, keys = struct.unpack_from("<4sIQQ", data)
    assert (magic, version) == (b"GGUF", 3)
    at, said = 24, {}
    for _ in range(keys):
        key, at = string(data, at)
        (kind,) = struct.unpack_from("<I", data, at)
        if kind == 8:
            said[key], at = string(data, at + 4)
        else:
            (said[key],) = struct.unpack_from({4: "<I", 6: "<f"}[kind], data, at + 4)
            at += 8
    architecture = said["general.architecture"]
    assert said[f"{architecture}.block_count"] == tensors
    blocks = {1: (1, 2), 12: (256, 144)}
    for _ in range(tensors):
        _, at = string(data, at)
        dimensions, columns, rows, kind, offset = struct.unpack_from("<IQQIQ", data, at)
        at += 32
        elements, size = blocks[kind]
        assert dimensions == 2
        assert offset % 32 == 0
        end = offset + columns * rows // elements * size
    assert at + -at % 32 + end <= len(data) < at + end + 64
    known = {"qwen3moe": 40960, "llama": 8192}
    assert said[f"{architecture}.context_length"] == known[str(architecture)]


def test_configs_are_laid_over_their_architecture(tmp_path: Path) -> None:
    by_name = {d.name: d for d in definitions() if d.hub == "modelscope"}
    model = laid_out(tmp_path, by_name["JunHowie/Qwen3-8B-GPTQ-Int4"])
    file = model.file("config.json")
    assert file is not None
    config = json.loads(file.source.read_text())
    assert (config["num_hidden_layers"], config["hidden_size"]) == (36, 4096)
    assert config["quantization_config"]["bits"] == 4


def test_every_host_is_known_to_twins_and_certificates(tmp_path: Path) -> None:
    hosts = {h for site in sites(publish(tmp_path), Keys(), 60) for h in site.hosts}
    assert hosts == set(standins.HUB_NAMES)
    assert set(standins.endpoints("https://x")) >= {"ngc", "ngc_auth", "hf", "modelscope", "ollama"}


def test_a_fleet_has_keys_of_its_own(tmp_path: Path) -> None:
    found = standins.secrets_of(tmp_path)
    assert found == standins.secrets_of(tmp_path)
    keys = Keys.of(tmp_path)
    assert found["HF_TOKEN"] in keys.hub("hf") - keys.strangers
    assert found["MODELSCOPE_API_TOKEN"] in keys.hub("modelscope")
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in (tmp_path / "keys").glob("[hmn]*"))
