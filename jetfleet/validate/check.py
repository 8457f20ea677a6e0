"""All cross checks of a spec with the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.modules import modules
from jetfleet.spec.load import Spec, gather
from jetfleet.spec.problem import Problem, SpecError, in_file_order
from jetfleet.validate.board import check_module, check_power, check_release
from jetfleet.validate.image import check_image
from jetfleet.validate.known import check_host_pairs, check_service_pairs
from jetfleet.validate.limits import check_numbers, check_shares
from jetfleet.validate.model import check_models
from jetfleet.validate.options import check_options
from jetfleet.validate.repository import check_repository
from jetfleet.validate.runtime import check_runtime
from jetfleet.validate.storage import check_daemon, check_storage
from jetfleet.validate.subject import HostInSpec, Subject
from jetfleet.validate.unique import check_hosts, check_services
from jetfleet.validate.upstream import check_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OF_HOST = (check_power, check_storage, check_daemon, check_shares, check_host_pairs)
_OF_SERVICE = (check_image, check_service_pairs)
_OF_VLLM = (check_options, check_numbers)


def check(spec: Spec) -> list[Problem]:
    """Return what the catalog says against `spec`, in the order of the file, each thing once.

    Those with `warning` set may work; the others are refused. What is written once for several
    hosts and wrong for all of them in one way is one problem.
    """
    problems = [*check_models(spec), *check_hosts(spec)]
    for host in spec.hosts:
        problems += _check_host(HostInSpec(spec, host))
    return in_file_order(problems)


def problems_of(path: Path | str) -> tuple[Spec, list[Problem]]:
    """Return the spec in the file `path` as far as it is right, and all its problems in order.

    Raises `SpecError` for a file that is not YAML, and `FleetError` if there is no file.
    """
    spec, problems = gather(path)
    return spec, in_file_order([*problems, *check(spec)])


def load_checked(path: Path | str) -> tuple[Spec, list[str]]:
    """Return the spec in the file `path` and its warnings, each a sentence with its place.

    Raises `SpecError` with every problem that forbids it, and `FleetError` if there is no file.
    """
    spec, problems = problems_of(path)
    refused = [problem for problem in problems if not problem.warning]
    if refused:
        raise SpecError(refused)
    return spec, [str(problem) for problem in problems]


def _check_host(of: HostInSpec) -> Iterator[Problem]:
    yield from check_services(of)
    for service in of.host.services:
        yield from check_runtime(of, service)
        yield from check_repository(of, service)
        yield from check_upstream(of, service)
    problems = [*check_module(of)]
    yield from problems
    if problems:
        return
    module = modules()[of.host.module]
    problems = [*check_release(of, module)]
    yield from problems
    # Without a release that exists, nothing that depends on it can be told.
    if any(not problem.warning for problem in problems):
        return
    subject = Subject(of.spec, of.host, module)
    for check_host in _OF_HOST:
        yield from check_host(subject)
    for service in of.host.services:
        for check_service in (*_OF_SERVICE, *(_OF_VLLM if service.runtime == "vllm" else ())):
            yield from check_service(subject, service)
