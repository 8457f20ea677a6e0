"""The check of a model in GGUF, which vLLM reads with the tokenizer of its base model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import Subject
    from jetfleet.runtimes.vllm.spec import VllmService
    from jetfleet.spec.problem import Problem


def check_gguf(subject: Subject, service: VllmService) -> Iterator[Problem]:
    """Yield a warning if vLLM has to make the tokenizer from the GGUF file."""
    quantisation = subject.weights(service.model).architecture.quantisation or ""
    if not quantisation.startswith("gguf") or service.option("tokenizer") is not None:
        return
    expected = "the tokenizer of its base model, as vLLM advises"
    remedy = (
        "declare the base model with include: [tokenizer*, config.json], and write "
        "tokenizer: /models/NAME"
    )
    path = ("services", service.name, "model")
    found = f"{service.model} in GGUF without a tokenizer"
    yield subject.problem(path, found, expected, remedy, warning=True, rule="gguf-tokenizer")
