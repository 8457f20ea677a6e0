"""Checks of numbers that vLLM's parser lets pass and its engine refuses later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from jetfleet.catalog.known_models import known_model
from jetfleet.catalog.version import parts
from jetfleet.catalog.vllm import plain_option
from jetfleet.catalog.vllm_value import whole_number
from jetfleet.spec.show import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import Subject

_GB = 1e9

# What the system itself needs of the memory that CPU and GPU share: about what a headless board
# uses when idle. 0.65 on 8 GB and 0.8 on 64 and 128 GB are known to work:
# https://huggingface.co/blog/nvidia/cosmos-on-jetson
RESERVE_KIB = 1024 * 1024
_GREATEST_SHARE = 0.95


def check_numbers(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each number that is out of range or contradicts another."""
    flags = plain_flags(service)
    for name in ("max-model-len", "max-num-batched-tokens", "max-num-seqs"):
        number = whole_number(flags.get(name))
        # -1 stands for "as much as fits" from the version on that knows `auto`.
        if number is not None and number <= 0 and (name, number) != ("max-model-len", -1):
            path = flag_path(service, name)
            yield subject.problem(path, str(number), "a number above 0", "choose one")
    share = flags.get("gpu-memory-utilization")
    if _is_number(share) and not 0 < share <= 1:
        path = flag_path(service, "gpu-memory-utilization")
        remedy = "write 0.8 for 80 percent of the board's memory"
        yield subject.problem(path, show(share), "a share above 0 and at most 1", remedy)
    yield from _check_batch(subject, service, flags)
    yield from _check_context(subject, service, flags)


def check_shares(subject: Subject) -> Iterator[Problem]:
    """Yield a problem if the services of a host want more memory than the board has for them."""
    services = [one for one in subject.host.services if one.runtime == "vllm"]
    shares = {service.name: _share(subject, service) for service in services}
    for service in services:
        if "gpu-memory-utilization" not in plain_flags(service):
            found = f"no gpu-memory-utilization, which means {shares[service.name]}"
            expected = "a share: GPU and system use one memory"
            remedy = "write it under flags, such as gpu-memory-utilization: 0.8"
            path = ("services", service.name, "flags")
            yield subject.problem(path, found, expected, remedy, warning=True)
    if any(not 0 < share <= 1 for share in shares.values()):
        return
    most = min(_GREATEST_SHARE, 1 - RESERVE_KIB / subject.module.memtotal_kib)
    total = sum(shares.values())
    if total > most + 1e-9:
        last = services[-1]
        memory = subject.module.memtotal_kib / 1024**2
        found = " + ".join(f"{share:g} ({name})" for name, share in shares.items())
        rounded = int(most * 100) / 100
        expected = f"at most {rounded:g} of the {memory:.1f} GiB of {subject.host.name}"
        remedy = "lower it: the rest is for the system"
        yield subject.problem(flag_path(last, "gpu-memory-utilization"), found, expected, remedy)


def plain_flags(service: Service) -> dict[str, Any]:
    """Return the options of `service` by their names with dashes."""
    return {plain_option(name): value for name, value in service.flags.items()}


def flag_path(service: Service, name: str) -> tuple[str, ...]:
    """Return the path of the option `name` below the host, as it was spelled."""
    spelled = (flag for flag in service.flags if plain_option(flag) == name)
    return ("services", service.name, "flags", next(spelled, name))


def _check_batch(subject: Subject, service: Service, flags: dict[str, Any]) -> Iterator[Problem]:
    tokens = whole_number(flags.get("max-num-batched-tokens"))
    context = whole_number(flags.get("max-model-len"))
    off = flags.get("enable-chunked-prefill") is False or flags.get("no-enable-chunked-prefill")
    if off and tokens is not None and context is not None and 0 < tokens < context:
        expected = f"at least max-model-len ({context}) while chunked prefill is off"
        remedy = "raise it, or switch enable-chunked-prefill on"
        path = flag_path(service, "max-num-batched-tokens")
        yield subject.problem(path, str(tokens), expected, remedy)


def _check_context(subject: Subject, service: Service, flags: dict[str, Any]) -> Iterator[Problem]:
    """Yield a problem for a context that the model or the memory cannot hold, where known."""
    written = subject.spec.models.get(service.model or "")
    model = known_model(written.source) if written else None
    context = whole_number(flags.get("max-model-len"))
    if model is None or context is None or context <= 0:
        return
    path, found = flag_path(service, "max-model-len"), f"a context of {context} tokens"
    if context > model.context:
        expected = f"at most the {model.context} that {service.model} was made for"
        yield subject.problem(path, found, expected, "lower it")
        return
    room = int(_share(subject, service) * subject.module.memtotal_kib * 1024)
    least = model.least_bytes(context)
    if least > room:
        most = max(0, (room - model.weights_bytes) // model.kv_bytes_per_token)
        need, have = f"{least / _GB:.1f} GB", f"{room / _GB:.1f} GB"
        expected = f"one that fits in the {have} of its share (this needs {need})"
        remedy = f"lower it: certainly below {most}" if most else "choose a smaller model"
        yield subject.problem(path, found, expected, remedy)


def _share(subject: Subject, service: Service) -> float:
    """Return the share of memory that a service takes: as written, or vLLM's default."""
    share = plain_flags(service).get("gpu-memory-utilization")
    if _is_number(share):
        return float(share)
    image = subject.image(service)
    newer = image is not None and image.vllm is not None and parts(image.vllm) >= (0, 20)
    return 0.92 if newer else 0.9


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
