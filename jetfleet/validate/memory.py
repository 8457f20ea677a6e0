"""The memory preflight: what the services of a host take, against what the board has."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from jetfleet.catalog.memory_level import LEVELS
from jetfleet.catalog.modules import modules
from jetfleet.memory.host import HostMemory
from jetfleet.memory.need import system
from jetfleet.runtimes.registry import runtime_of
from jetfleet.runtimes.subject import Subject
from jetfleet.runtimes.vllm.memory import SHARE as VLLM_SHARE
from jetfleet.text import format_bytes

_CLOSE = 4 / 3
"""How much more than its share a server may need and still be tried: source 001 advises a share
of 0.55 where its own figures ask for 0.65."""

SAFE_SHARE = LEVELS[1].below
"""Share of a board's memory from which on source 002 calls it dangerous."""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.lock.model import Lock
    from jetfleet.memory.need import Need
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import Service
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem


def memory_of(spec: Spec, lock: Lock | None, host: str) -> HostMemory:
    """Return what the services of a host take together, and how full that makes its memory.

    Those that were set up by hand are counted too, after its own.

    Raises
    ------
    KeyError
        The catalog does not have the host's module; validation has refused it then.

    """
    body = spec.host(host)
    return _of(Subject(spec, body, modules()[body.module], lock))


def memory_at_start(spec: Spec, lock: Lock | None, host: str) -> dict[str, int]:
    """Return the bytes that the services of a host need at their starts, by name.

    That is what an engine takes as its share, or what its model needs at least.
    """
    services = spec.host(host).services
    needs = memory_of(spec, lock, host).needs[: len(services)]
    return {service.name: need.floor for service, need in zip(services, needs, strict=True)}


def check_memory(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for a service that does not fit in its share, and for a board that is full.

    What cannot fit is refused; from the third level on there is a warning.
    """
    services = subject.host.services
    if not services:
        return
    memory = _of(subject)
    own = memory.needs[: len(services)]
    for service, need in zip(services, own, strict=True):
        yield from _in_share(subject, service, need)
    path = _path(services[-1])
    board = f"{format_bytes(memory.board)} of {subject.host.name}"
    if memory.least > memory.board:
        expected = (
            f"what fits in the {board}, of which the system has {format_bytes(system('least'))}"
        )
        remedy = _remedy(subject, memory, 1) or "lower a share, or choose a smaller model"
        found = "; ".join(need.sentence for need in memory.needs)
        yield subject.problem(path, found, expected, remedy, rule="memory-over")
    elif memory.share >= SAFE_SHARE:
        remedy = _remedy(subject, memory, SAFE_SHARE) or "watch it with `jetfleet status`"
        expected = f"at most {SAFE_SHARE:.0%} of the {board}"
        found = memory.sentence
        yield subject.problem(path, found, expected, remedy, warning=True, rule="memory-tight")


def _of(subject: Subject) -> HostMemory:
    needs = [
        runtime_of(service).memory(subject, service)
        for service in (*subject.host.services, *subject.host.adopted_services)
    ]
    return HostMemory(subject.memory, tuple(needs))


def _in_share(subject: Subject, service: Service, need: Need) -> Iterator[Problem]:
    """Yield a problem for weights and a context that are more than the share that they may take."""
    for part in need.parts or (need,):
        if part.share is None or part.least <= part.share:
            continue
        found = f"{format_bytes(part.least)} of weights and one context for {part.name}"
        expected = f"what fits in the {format_bytes(part.share)} of its share"
        remedy = f"write {part.option}" if part.option else _larger_share(subject, service, part)
        path = _context(service) if part is need else _path(service)
        # Weights in memory are not their files to the byte; that of a context is sure.
        close = (part.weights or 0) > part.share and part.least <= part.share * _CLOSE
        yield subject.problem(path, found, expected, remedy, warning=close, rule="memory-share")


def _larger_share(subject: Subject, service: Service, need: Need) -> str:
    """Return the share that the weights and one context need, if the board has as much."""
    share = ceil(need.least / subject.memory * 100 + 1) / 100
    option = runtime_of(service).share_option or VLLM_SHARE
    if share + system() / subject.memory < 1:
        return f"raise its share: {option}: {share:g}"
    return "choose a smaller model"


def _remedy(subject: Subject, memory: HostMemory, bound: float) -> str:
    """Return what to write to stay within a share of the board, where one service can give way."""
    if len(memory.needs) > 1:
        return ""
    (need,), service = memory.needs, subject.host.services[0]
    if need.share is not None:
        room = bound * memory.board - system() - need.overhead
        fits = int(room / memory.board * 100) / 100
        share = runtime_of(service).share_option
        return f"write {share}: {fits:g} or less" if fits > 0 else ""
    return f"the longest context that fits: {need.option}" if need.option else ""


def _context(service: Service) -> KeyPath:
    """Return where a service says how many tokens of context it has."""
    return ("services", service.name, "flags", *runtime_of(service).context_options[:1])


def _path(service: Service) -> KeyPath:
    """Return where a service says how much it takes."""
    return ("services", service.name, *runtime_of(service).memory_path(service))
