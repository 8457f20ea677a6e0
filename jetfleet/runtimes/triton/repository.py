"""Checks of the entries of Triton's repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.runtimes.triton.spec import TritonService
    from jetfleet.spec.problem import Problem

_WRITTEN = {"name", "backend", "instance_group"}


def check_repository(of: HostInSpec, service: TritonService) -> Iterator[Problem]:
    """Yield a problem for each entry without a model, or with what its backend cannot take."""
    for name, entry in service.repository.items():
        path = ("services", service.name, "repository", name)
        if entry.model is None:
            remedy = "add model: NAME; of another backend than vllm its files lie in the version 1"
            yield of.problem(path, "no model", "the name of a model under `models`", remedy)
        if entry.flags and entry.backend != "vllm":
            remedy = "write the backend's parameters as lines of config"
            expected = "none: they are written to the model.json of the vLLM backend"
            yield of.problem((*path, "flags"), f"flags for {entry.backend}", expected, remedy)
        for at, line in enumerate(entry.config):
            key = line.partition(":")[0].partition("{")[0].partition("[")[0].strip()
            if key in _WRITTEN:
                expected = "lines that jetfleet does not write"
                remedy = "remove it: the other keys of the entry set it"
                yield of.problem((*path, "config", at), f"the line {key}", expected, remedy)
