"""Checks of what SGLang's parser takes and its server refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.option_value import whole_number
from jetfleet.catalog.version import parts
from jetfleet.runtimes.limits import check_above_zero, check_context, check_share
from jetfleet.runtimes.sglang.memory import FRACTION
from jetfleet.runtimes.sglang.spec import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.sglang.spec import SglangService
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem

_ABOVE_ZERO = ("context-length", "max-running-requests", "max-total-tokens", "page-size")
_WORKERS = "tokenizer-worker-num"
_NO_COLON_SINCE = (0, 5, 5)


def check(
    subject: Subject, service: SglangService, group: OptionGroup, engine: str | None
) -> Iterator[Problem]:
    """Yield a problem for each value with which SGLang ends at its start, or asks for no key.

    Parameters
    ----------
    group:
        The options of the service.
    engine:
        Version of its SGLang, where known.

    """
    for name in _ABOVE_ZERO:
        yield from check_above_zero(subject, group, name)
    remedy = "write 0.6 for 60 percent of the memory that is free at its start"
    yield from check_share(subject, group, FRACTION, remedy, whole=False)
    yield from check_context(subject, group, "context-length")
    yield from _check_name(subject, service, engine)
    yield from _check_key(subject, service, group)


def _check_name(subject: Subject, service: SglangService, engine: str | None) -> Iterator[Problem]:
    """Yield a problem for a colon: what follows it is the name of an adapter.

    srt/server_args.py, `check_server_args`.
    """
    name = service.served_name or ""
    if ":" in name and (engine is None or parts(engine) >= _NO_COLON_SINCE):
        path = ("services", service.name, "served_name")
        expected = "a name without a colon, as SGLang from 0.5.5 on wants it"
        yield subject.problem(path, name, expected, "write a dash for it")


def _check_key(subject: Subject, service: SglangService, group: OptionGroup) -> Iterator[Problem]:
    """Yield a problem for several tokenizers: SGLang then asks nobody for a key.

    srt/entrypoints/http_server.py of 0.5.5.post2, `launch_server`.
    """
    workers = whole_number(group.written.get(_WORKERS))
    if workers is not None and workers > 1 and service.key(KEY):
        expected = "1 where clients must show a key: with more, SGLang asks for none"
        remedy = "remove it, or remove the key"
        yield subject.problem(group.at(_WORKERS), str(workers), expected, remedy)
