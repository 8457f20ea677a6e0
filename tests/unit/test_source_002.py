"""What source 002 set by hand for Ollama on an Orin Nano with L4T 36.2, and what comes out here.

Its seven models, its variables, and the commands with which it had them; the one value that it got
wrong (256 for 256 MB, where Ollama reads bytes) comes out as it was meant.
"""

from __future__ import annotations

import json

from jetfleet.resources import Image, OllamaModel, Service
from tests.support.rendered import content, docker, lab

HOST = "nano-ollama"

# "Environment" of its last chapter, with the unit that it names in a comment.
VARIABLES = {
    "OLLAMA_NUM_PARALLEL": "1",
    "OLLAMA_MAX_LOADED_MODELS": "1",
    "OLLAMA_FLASH_ATTENTION": "1",
    "OLLAMA_GPU_OVERHEAD": "256000000",
    "OLLAMA_KEEP_ALIVE": "5m",
}

# `ollama list` in its chapter on memory.
MODELS = {
    "deepseek-r1:8b", "qwen3:8b", "qwen3:1.7b", "deepseek-r1:7b", "smollm2:135m",
    "smollm2:135m-instruct-q2_K", "qwen2.5:1.5b",
}  # fmt: skip


def environment() -> dict[str, str]:
    words = docker(lab().resources(HOST), "ollama")
    return dict(words[at + 1].split("=", 1) for at, word in enumerate(words) if word == "-e")


def test_its_variables_reach_the_server() -> None:
    assert VARIABLES.items() <= environment().items()
    # It set OLLAMA_HOST=0.0.0.0, whose port is Ollama's own.
    assert environment()["OLLAMA_HOST"] == "0.0.0.0:11434"


def test_its_models_are_in_the_store_under_their_own_names() -> None:
    wanted = lab().resources(HOST)
    about = json.loads(content(wanted, "/etc/jetfleet/ollama/ready.json"))
    assert set(about["models"]) == MODELS
    manifests = {one.manifest.path for one in wanted.values() if isinstance(one, OllamaModel)}
    assert manifests == {
        "manifests/registry.ollama.ai/library/" + name.replace(":", "/") for name in MODELS
    }
    service = wanted["service:ollama"]
    assert isinstance(service, Service)
    assert {one.key for one in wanted.values() if isinstance(one, OllamaModel)} <= set(
        service.needs
    )


def test_its_models_are_on_the_gpu() -> None:
    """Its qwen3:8b was 92 % on the GPU, the others wholly: a server on the CPU alone is refused."""
    about = json.loads(content(lab().resources(HOST), "/etc/jetfleet/ollama/ready.json"))
    assert about["gpu"] == "partly"


def test_its_run_line() -> None:
    """``jetson-containers run -d --volume …/ollama:/models --publish 11434:11434 ollama:r36.2.0…``.

    It met `Duplicate mount point: /data` and `Published ports are discarded`: here is the
    store, whose manifests it does not write, and no published port. It built the image by hand; the
    one that Ollama releases has libraries for JetPack 6 and needs a variable to use them.
    """
    wanted = lab().resources(HOST)
    words = docker(wanted, "ollama")
    assert [words[at + 1] for at, word in enumerate(words) if word == "-v"] == [
        "/mnt/nvme/models/ollama:/ollama/models",
        "/mnt/nvme/models/ollama/manifests:/ollama/models/manifests:ro",
    ]
    assert "-p" not in words
    assert words[words.index("--runtime") + 1] == "nvidia"
    assert environment()["JETSON_JETPACK"] == "6"
    (image,) = (one for one in wanted.values() if isinstance(one, Image))
    assert (image.repository, image.tag) == ("docker.io/ollama/ollama", "0.6.8")
