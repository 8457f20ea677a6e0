"""The entrypoint of an image is not guessed: it is replaced, but for one that prepares CUDA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.images import images
from jetfleet.lock import LockedImage
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.registry import runtimes
from tests.support.rendered import docker, of
from tests.support.services import HEAD, ORIN, body_of, given, services, started

WRAPPER = "/opt/nvidia/nvidia_entrypoint.sh"
SERVERS = [one for one in runtimes().values() if not one.any_image]


def text_of(runtime: Runtime[Any], image: str) -> str:
    return f"it: {json.dumps(body_of(runtime, image=image))}\n"


@pytest.mark.parametrize("runtime", SERVERS, ids=lambda one: one.name)
@pytest.mark.parametrize("image", ["registry.lan:5000/team/server:3", "ghcr.io/org/x:r36.4"])
def test_that_of_an_unknown_image_is_replaced(
    tmp_path: Path, runtime: Runtime[Any], image: str
) -> None:
    words = docker(services(tmp_path, text_of(runtime, image), ORIN), "it")
    assert given(words, "--entrypoint") == [runtime.executable[0]]
    assert runtime.executable[0] not in words[words.index(image) + 1 :]


def test_that_of_another_ollama_than_the_listed_one_is_replaced(tmp_path: Path) -> None:
    """Its own is `ollama` itself: https://github.com/ollama/ollama/issues/7354."""
    text = text_of(runtimes()["ollama"], "ollama/ollama:0.33.2")
    words = docker(services(tmp_path, text, ("agx-orin-64gb", "7.2")), "it")
    assert given(words, "--entrypoint") == ["ollama"]
    assert started(words) == ["docker.io/ollama/ollama:0.33.2", "ollama", "serve"]


@pytest.mark.parametrize("image", images(), ids=lambda one: str(one.ref))
def test_each_image_of_the_catalog_either_prepares_cuda_or_is_called_by_its_program(
    image: Any,
) -> None:
    entrypoint, words = runtimes()[image.runtime].called(image)
    assert image.prepares is image.ref.name.startswith("nvcr.io/nvidia/")
    assert (entrypoint is None) is image.prepares
    assert (*([entrypoint] if entrypoint else []), *words) == image.executable


@pytest.mark.parametrize(
    ("own", "replaces"),
    [((WRAPPER,), []), ((), ["vllm"]), (("/bin/ollama",), ["vllm"]), (("x", WRAPPER), ["vllm"])],
)
def test_what_the_lock_has_read_decides(
    tmp_path: Path, own: tuple[str, ...], replaces: list[str]
) -> None:
    image = "nvcr.io/nvidia/vllm:26.01-py3"
    locked = LockedImage(digest=f"sha256:{'1' * 64}", size=1, entrypoint=own)
    head = HEAD.replace("MODULE", "agx-thor").replace("JETPACK", "7.0").replace("SHA", "6" * 64)
    body = json.dumps(body_of(runtimes()["vllm"], image=image))
    words = docker(of(tmp_path, f"{head}      it: {body}\n", "board", {image: locked}), "it")
    assert given(words, "--entrypoint") == replaces
