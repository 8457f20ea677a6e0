"""Checks of numbers that vLLM's parser takes and its engine refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.option_value import whole_number
from jetfleet.runtimes.limits import check_above_zero, check_context, check_share
from jetfleet.runtimes.vllm.memory import SHARE, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem


def check_limits(subject: Subject, group: OptionGroup, engine: str | None) -> Iterator[Problem]:
    """Yield a problem for each number that is out of range or contradicts another.

    Parameters
    ----------
    group:
        Options of a vLLM: of the service itself, or of one within it.
    engine:
        Version of that vLLM, where known.

    """
    yield from _check_ranges(subject, group)
    yield from _check_no_share(subject, group, engine)
    yield from _check_batch(subject, group)
    yield from check_context(subject, group, "max-model-len")


def _check_ranges(subject: Subject, group: OptionGroup) -> Iterator[Problem]:
    for name in ("max-model-len", "max-num-batched-tokens", "max-num-seqs"):
        # -1 stands for "as much as fits" from the version on that knows `auto`.
        if (name, whole_number(group.written.get(name))) != ("max-model-len", -1):
            yield from check_above_zero(subject, group, name)
    remedy = "write 0.8 for 80 percent of the board's memory"
    yield from check_share(subject, group, SHARE, remedy, whole=True)


def _check_no_share(subject: Subject, group: OptionGroup, engine: str | None) -> Iterator[Problem]:
    """Yield a warning for a share of memory that vLLM itself would choose."""
    if SHARE in group.written or "kv-cache-memory-bytes" in group.written:
        return
    share = share_of({}, engine)
    found = f"no {SHARE}, which means {share:g}"
    expected = "a share: GPU and system use one memory"
    remedy = f"write it under flags, such as {SHARE}: 0.8"
    yield subject.problem(
        group.path, found, expected, remedy, warning=True, rule="share-not-written"
    )


def _check_batch(subject: Subject, group: OptionGroup) -> Iterator[Problem]:
    plain = group.written
    tokens = whole_number(plain.get("max-num-batched-tokens"))
    context = whole_number(plain.get("max-model-len"))
    off = plain.get("enable-chunked-prefill") is False or plain.get("no-enable-chunked-prefill")
    if off and tokens is not None and context is not None and 0 < tokens < context:
        expected = f"at least max-model-len ({context}) while chunked prefill is off"
        remedy = "raise it, or switch enable-chunked-prefill on"
        path = group.at("max-num-batched-tokens")
        yield subject.problem(path, str(tokens), expected, remedy, rule="batch-below-context")
