"""The lines of source 004 (Triton on an AGX Orin) that work, and those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.spec.problem import SpecError
from tests.support.rendered import docker, lab, of

# docker run --runtime nvidia --rm --net=host -v ${PWD}/model_repository:/models
#   nvcr.io/nvidia/tritonserver:24.07-py3-igpu tritonserver --model-repository=/models
SPEC = """\
version: 1
models:
  it: {{source: "{source}"}}
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.12
    services:
      triton:
        runtime: triton
        image: {image}
        repository:
          it: {{model: it, backend: {backend}}}
"""


def test_its_igpu_line_comes_out(tmp_path: Path) -> None:
    image = "nvcr.io/nvidia/tritonserver:24.07-py3-igpu"
    text = SPEC.format(source="file:it", image=image, backend="onnxruntime")
    words = docker(of(tmp_path, text, "orin"), "triton")
    assert words[words.index("--runtime") + 1] == "nvidia"
    assert words[words.index("--network") + 1] == "host"
    at = words.index(image)
    assert words[at + 1] == "tritonserver"
    assert "--model-repository=/repository" in words[at:]
    # It loaded by a request after the start; here what is named is loaded, or nothing starts, and
    # clients can load nothing else.
    assert not [word for word in words[at:] if "control" in word or "load-model" in word]


def test_explicit_control_is_its_own_word(tmp_path: Path) -> None:
    image = "nvcr.io/nvidia/tritonserver:24.07-py3-igpu"
    text = SPEC.format(source="file:it", image=image, backend="onnxruntime")
    asked = f"{text}        flags: {{model-control-mode: explicit}}\n"
    words = docker(of(tmp_path, asked, "orin"), "triton")
    assert {"--model-control-mode=explicit", "--load-model=it"} <= set(words)


def test_its_first_line_is_refused(tmp_path: Path) -> None:
    """25.04-vllm-python-py3 on an Orin: no kernel image is available for execution."""
    image = "nvcr.io/nvidia/tritonserver:25.04-vllm-python-py3"
    text = SPEC.format(source="hf:google/gemma-3-1b-it", image=image, backend="vllm")
    with pytest.raises(SpecError, match="no kernel image is available for execution"):
        of(tmp_path, text, "orin")


def test_the_example_has_an_igpu_tag() -> None:
    words = docker(lab().resources("orin-triton"), "triton")
    assert any(word.startswith("nvcr.io/nvidia/tritonserver@sha256:7777") for word in words)
