"""All cross checks of a spec with the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.modules import modules
from jetfleet.runtimes.registry import runtime_of
from jetfleet.runtimes.subject import HostInSpec, Subject
from jetfleet.spec.load import Spec, at_points, gather
from jetfleet.spec.problem import Problem, SpecError, in_file_order
from jetfleet.validate.board import check_module, check_power, check_release
from jetfleet.validate.daemon import check_daemon
from jetfleet.validate.image import check_image
from jetfleet.validate.known import check_host_rules, check_service_rules
from jetfleet.validate.memory import check_memory
from jetfleet.validate.model import check_models
from jetfleet.validate.network import check_network
from jetfleet.validate.option_paths import check_option_paths
from jetfleet.validate.options import check_options
from jetfleet.validate.program_paths import check_program_paths
from jetfleet.validate.service import check_service
from jetfleet.validate.storage import check_storage
from jetfleet.validate.system import check_adopted, check_system
from jetfleet.validate.unique import check_hosts, check_services
from jetfleet.validate.waive import apply_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jetfleet.lock.model import Lock

    Check = Callable[[Spec], Iterable[Problem]]

_OF_HOST = (
    check_power,
    check_storage,
    check_daemon,
    check_network,
    check_system,
    check_adopted,
    check_memory,
    check_host_rules,
)
_OF_SERVICE = (
    check_image, check_service_rules, check_options, check_option_paths, check_program_paths,
)  # fmt: skip


def check(spec: Spec, lock: Lock | None = None) -> list[Problem]:
    """Return what the catalog says against `spec`, in the order of the file, each thing once.

    With a `lock` the models are judged by what is locked, without by what their sources tell.
    Rules that the spec waives are left out. Those with `warning` set may work; the others are
    refused. What is written once for several hosts and wrong for all of them in one way is one
    problem.
    """
    problems = [*check_models(spec), *check_hosts(spec)]
    for host in spec.hosts:
        problems += _check_host(HostInSpec(spec, host), lock)
    return in_file_order(apply_waivers(spec, problems, locked=lock is not None))


def problems_of(
    path: Path | str, lock: Lock | None = None, more: Check | None = None
) -> tuple[Spec, list[Problem]]:
    """Return the spec in the file `path` without its invalid parts, and all its problems in order.

    Each point of a sweep is checked like the spec itself.

    `more` is a further check, such as that of the settings of roles.

    Raises `SpecError` for a file that is not YAML, and `FleetError` if there is no file.
    """
    spec, problems = gather(path)
    found = [*problems, *check(spec, lock), *(more(spec) if more else ())]
    for there, wrong in at_points(spec):
        found += [*wrong, *check(there, lock)]
    return spec, in_file_order(list(dict.fromkeys(found)))


def load_checked(
    path: Path | str, lock: Lock | None = None, more: Check | None = None
) -> tuple[Spec, list[str]]:
    """Return the spec in the file `path` and its warnings, each a sentence with its place.

    `more` is a further check, as of `problems_of`.

    Raises `SpecError` with every problem that forbids it, and `FleetError` if there is no file.
    """
    spec, problems = problems_of(path, lock, more)
    refused = [problem for problem in problems if not problem.warning]
    if refused:
        raise SpecError(refused)
    return spec, [str(problem) for problem in problems]


def _check_host(of: HostInSpec, lock: Lock | None) -> Iterator[Problem]:
    yield from check_services(of)
    for service in of.host.services:
        yield from check_service(of, service)
        yield from runtime_of(service).check(of, service)
    problems = [*check_module(of)]
    yield from problems
    if problems:
        return
    module = modules()[of.host.module]
    problems = [*check_release(of, module)]
    yield from problems
    # Without a release that exists, nothing that depends on it can be checked.
    if any(not problem.warning for problem in problems):
        return
    subject = Subject(of.spec, of.host, module, lock)
    for check_host in _OF_HOST:
        yield from check_host(subject)
    for service in of.host.services:
        for check_on_board in _OF_SERVICE:
            yield from check_on_board(subject, service)
        yield from runtime_of(service).check_on_board(subject, service)
