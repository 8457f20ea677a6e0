"""Benchmarks: a service is loaded, and its figures are kept."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyinfra.context import host

from jetfleet.atomic_write import atomic_write
from jetfleet.bench import result, steps
from jetfleet.bench.files import FOLDER
from jetfleet.bench.load import loads_of, runs_of
from jetfleet.converge.executor import Executor
from jetfleet.converge.remote import Remote
from jetfleet.converge.rows import Questions
from jetfleet.converge.say import say, say_error, say_warning
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.inventory import current
from jetfleet.redaction import redact_json
from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.point import in_sweep
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.bench.about import About
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.benchmark import Benchmark, Load
    from jetfleet.spec.bench import Bench
    from jetfleet.spec.model import Service


_MEASURED = Questions()


def bench() -> None:
    """Load each service of this host that a benchmark can load.

    ``--data loads=high,low`` names loads (``all`` is every one), ``--data runs=N`` how often each
    is measured, ``--data results=FOLDER`` where the files go.
    """
    fleet = current()
    mine = fleet.role_input(host.name).host.services
    names = {s.name for h in fleet.spec.hosts for s in h.services if runtime_of(s).has_benchmark}
    for name in host.loop(sorted(names)):
        service = next((s for s in mine if s.name == name and runtime_of(s).has_benchmark), None)
        if service is not None:
            question = partial(measure, inputs=fleet.role_input(host.name), service=service)
            _MEASURED.add(f"bench | load {name}", name, question)


def measure(state: State, host: Host, inputs: RoleInput, service: Service) -> bool:
    """Run the loads on one service, and write their figures into a file on the workstation.

    Returns whether that went well.
    """
    try:
        with contained(f"benchmarking {service.name}"):
            fleet = current()
            loads = loads_of(_words(host, fleet.spec.bench), fleet.spec.bench)
            path = _run(state, host, inputs, service, loads)
    except FleetError as error:
        say_error(host, f"{service.name}: {error}")
        return False
    say(host, f"{service.name}: {path}: `jetfleet bench show` shows it")
    return True


def _words(host: Host, bench: Bench) -> list[str]:
    """Return the loads that the command names, else those of the spec, else `high` and `low`."""
    return str(host.data.get("loads") or ("own" if bench.loads else "loads")).split(",")


def _run(
    state: State, host: Host, inputs: RoleInput, service: Service, loads: Sequence[Load]
) -> Path:
    remote = Remote(state, host)
    executor = Executor(remote, lambda line: say(host, line))
    target = runtime_of(service).benchmark(inputs, service)
    runs = runs_of(str(host.data.get("runs") or ""), current().spec.bench)
    if not target.model:
        raise Refused("it has no model to ask: name one under it in the spec")
    fitting = target.fitting(loads)
    for load in loads:
        if load not in fitting:
            say_warning(
                host,
                f"{load.name} is left out: it needs {load.context} tokens of context, "
                f"{service.name} has {target.context}",
            )
    if not fitting:
        raise Refused("no load fits its context: name a smaller one, such as conversation")
    at = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    about = _about(remote, target)
    about.check(target)
    if in_sweep():
        about.check_power(inputs.host.power)
    found: dict[str, Any] = {}
    executor.execute(steps.steps(target, fitting, runs, at, found))
    about = about.until(_about(remote, target))
    measured = {load: found[load.name] for load in fitting}
    began = result.Began(at, target.program, str(host.data.get("point") or ""), target.repeated)
    run = result.run_of(began, inputs, service, about, measured)
    return _write(host, run)


def _about(remote: Remote, target: Benchmark) -> About:
    return steps.read_about(remote.query(steps.about(target), "status").out, target)


def _write(host: Host, run: result.Run) -> Path:
    path = Path(str(host.data.get("results") or FOLDER)) / host.name
    path.mkdir(parents=True, exist_ok=True)
    file = path / f"{run.at}-{run.service}.json"
    figures = redact_json(run.model_dump(mode="json", by_alias=True))
    atomic_write(file, json.dumps(figures, ensure_ascii=False, indent=2) + "\n")
    return file
