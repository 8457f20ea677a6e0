"""Which of a model's files llama.cpp loads."""

from __future__ import annotations

import pytest

from jetfleet.runtimes.llamacpp.weights import candidates, weights_of


@pytest.mark.parametrize(
    ("paths", "weights", "projector"),
    [
        (["README.md", "Qwen3-8B-Q4_K_M.gguf"], "Qwen3-8B-Q4_K_M.gguf", ""),
        (
            ["mmproj-F16.gguf", "Qwen3-VL-Q4_K_M.gguf"],
            "Qwen3-VL-Q4_K_M.gguf",
            "mmproj-F16.gguf",
        ),
        (["big-00002-of-00010.gguf", "big-00001-of-00010.gguf", "big-00010-of-00010.gguf"],
         "big-00001-of-00010.gguf", ""),
        (["Q8/x-Q8_0.gguf", "Q4/x-Q4_0.gguf"], "Q4/x-Q4_0.gguf", ""),
        (["model.safetensors"], "", ""),
    ],
)  # fmt: skip
def test_weights_and_projector(paths: list[str], weights: str, projector: str) -> None:
    assert weights_of(paths) == (weights, projector)


def test_two_quantisations_are_two_candidates() -> None:
    assert candidates(["a-Q8_0.gguf", "a-Q4_0.gguf"]) == ["a-Q4_0.gguf", "a-Q8_0.gguf"]
