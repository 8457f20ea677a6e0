"""Checks of numbers that vLLM's parser lets pass and its engine refuses later."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from jetfleet.catalog.option_value import whole_number
from jetfleet.memory.vllm import share_of
from jetfleet.spec.show import show
from jetfleet.validate.flags import all_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.flags import Flags
    from jetfleet.validate.subject import Subject

_SHARE = "gpu-memory-utilization"


def check_numbers(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each number that is out of range or contradicts another."""
    for flags in all_flags(service):
        if flags.program == "vllm":
            yield from _check_ranges(subject, flags)
            yield from _check_share(subject, service, flags)
            yield from _check_batch(subject, flags)
            yield from _check_context(subject, flags)


def _check_ranges(subject: Subject, flags: Flags) -> Iterator[Problem]:
    for name in ("max-model-len", "max-num-batched-tokens", "max-num-seqs"):
        number = whole_number(flags.plain.get(name))
        # -1 stands for "as much as fits" from the version on that knows `auto`.
        if number is not None and number <= 0 and (name, number) != ("max-model-len", -1):
            found, expected = str(number), "a number above 0"
            yield subject.problem(flags.at(name), found, expected, "choose one", rule=_RANGE)
    share = flags.plain.get(_SHARE)
    if _is_number(share) and not 0 < share <= 1:
        expected = "a share above 0 and at most 1"
        remedy = "write 0.8 for 80 percent of the board's memory"
        yield subject.problem(flags.at(_SHARE), show(share), expected, remedy, rule=_RANGE)


_RANGE = "option-range"


def _check_share(subject: Subject, service: Service, flags: Flags) -> Iterator[Problem]:
    """Yield a warning for a share of memory that vLLM is left to choose."""
    if _SHARE in flags.plain or "kv-cache-memory-bytes" in flags.plain:
        return
    image = subject.image(service)
    share = share_of({}, image.vllm if image else None)
    found = f"no {_SHARE}, which means {share:g}"
    expected = "a share: GPU and system use one memory"
    remedy = f"write it under flags, such as {_SHARE}: 0.8"
    yield subject.problem(
        flags.path, found, expected, remedy, warning=True, rule="share-not-written"
    )


def _check_batch(subject: Subject, flags: Flags) -> Iterator[Problem]:
    plain = flags.plain
    tokens = whole_number(plain.get("max-num-batched-tokens"))
    context = whole_number(plain.get("max-model-len"))
    off = plain.get("enable-chunked-prefill") is False or plain.get("no-enable-chunked-prefill")
    if off and tokens is not None and context is not None and 0 < tokens < context:
        expected = f"at least max-model-len ({context}) while chunked prefill is off"
        remedy = "raise it, or switch enable-chunked-prefill on"
        path = flags.at("max-num-batched-tokens")
        yield subject.problem(path, str(tokens), expected, remedy, rule="batch-below-context")


def _check_context(subject: Subject, flags: Flags) -> Iterator[Problem]:
    """Yield a problem for a context that the model was not made for, where that is known."""
    most = subject.weights(flags.model).architecture.context if flags.model else None
    context = whole_number(flags.plain.get("max-model-len"))
    if most is None or context is None or context <= most:
        return
    found, expected = f"a context of {context} tokens", f"at most the {most} that"
    expected += f" {flags.model} was made for"
    path = flags.at("max-model-len")
    yield subject.problem(path, found, expected, "lower it", rule="context-beyond-model")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
