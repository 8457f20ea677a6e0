"""What Triton takes: what the models of its repository take, each as its backend does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.memory.need import Need, Weights
from jetfleet.runtimes.loaded import with_loaded
from jetfleet.runtimes.vllm.memory import vllm_need

if TYPE_CHECKING:
    from jetfleet.runtimes.subject import Subject
    from jetfleet.runtimes.triton.spec import TritonModel, TritonService

OVERHEAD = 512 * 2**20
"""Bytes beside its models: an estimate, as vLLM's."""


def triton_need(
    subject: Subject, service: TritonService, vllm: str | None, loaded: frozenset[str]
) -> Need:
    """Return what it takes.

    Parameters
    ----------
    vllm:
        Version of the vLLM within, where known.
    loaded:
        Options of vLLM for models that it loads beside its own.

    """
    needs = [
        need
        for name, entry in service.repository.items()
        for need in [_entry_need(subject, name, entry, vllm, loaded)] * entry.instances
    ]
    first = next((need for need in needs if need.longest), None)
    return Need(
        name=service.name,
        weights=sum(need.weights or 0 for need in needs) or None,
        cache=sum(need.cache or 0 for need in needs) or None,
        overhead=OVERHEAD,
        # What a vLLM keeps beside its share is counted once, for the server that they are in.
        total=sum(need.share or need.total for need in needs) + OVERHEAD,
        least=sum(need.least for need in needs),
        longest=first.longest if first else None,
        option=first.option if first else "",
        sure=all(need.sure for need in needs),
        parts=tuple(needs),
    )


def _entry_need(
    subject: Subject, name: str, entry: TritonModel, vllm: str | None, loaded: frozenset[str]
) -> Need:
    weights = subject.weights(entry.model) if entry.model else Weights(name, None)
    if entry.backend == "vllm":
        weights = with_loaded(subject, weights, entry.flags, loaded)
        return vllm_need(name, entry.flags, subject.memory, weights, vllm, key="max_model_len")
    size = weights.bytes or 0
    return Need(name, weights.bytes, None, 0, total=size, least=size, sure=bool(entry.model))
