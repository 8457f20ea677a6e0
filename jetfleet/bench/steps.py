"""A benchmark on a board, as steps: a program that loads a service of the board.

It runs in a transient unit, like a download: an hour of load must not end with a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.bench.about import About
from jetfleet.bench.load import seed_of
from jetfleet.runtimes.benchmark import INSIDE
from jetfleet.status.reading import Readings
from jetfleet.status.readings import read_status, status_script
from jetfleet.steps import Progress, Refused, Run, StepFailed, Watch
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import STATE_DIR, words
from jetfleet.steps.transient import read_look, transient_unit, watch_unit
from jetfleet.survey.section import SECONDS, Section, sections, sections_of
from jetfleet.text import UnreadableJson, read_json, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jetfleet.runtimes.benchmark import Benchmark, Load
    from jetfleet.steps import Steps

PATIENCE = 3600.0
"""Seconds that one run may take without output: the longest that is known took eleven minutes."""


def about(target: Benchmark) -> str:
    """Return a script that reads the board, and what the service runs on right now."""
    name = words([target.service])
    inspect = "docker container inspect -f "
    image = f"""set -e
{inspect}'{{{{json .Config.Image}}}}' {name}
docker image inspect -f '{{{{json .RepoDigests}}}}' "$({inspect}'{{{{.Image}}}}' {name})"
{inspect}'{{{{json .Mounts}}}}' {name}
"""
    script = status_script([target.service], [])
    return script + sections({"container": (image, SECONDS)}) if target.container else script


def read_about(output: str, target: Benchmark) -> About:
    """Return what the script said.

    Raises
    ------
    Refused
        There is no container: the service does not run.

    """
    readings = Readings.model_validate(read_status(output))
    if not target.container:
        return About(readings, "", "", {})
    found = sections_of(output).get("container", Section(failed="it is missing"))
    lines = found.text.splitlines()
    if found.failed or len(lines) < 3:  # noqa: PLR2004 - one line for each question
        raise Refused("the service has no container: apply the spec first")
    try:
        image, digests, mounts = (read_json(line) for line in lines[:3])
        return About(
            readings=readings,
            image=str(image),
            digest=next((str(one).rpartition("@")[2] for one in digests or ()), ""),
            mounts={str(one["Destination"]): str(one["Source"]) for one in mounts or ()},
        )
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(f"the container that Docker describes cannot be read ({error})") from error


def steps(
    target: Benchmark, loads: Sequence[Load], runs: int, at: str, found: dict[str, Any]
) -> Steps:
    """Yield the steps of a benchmark; the results come into `found` by the loads' names.

    Parameters
    ----------
    runs:
        How often each load is measured.
    at:
        When it begins: the seeds of the prompts depend on it.

    """
    if target.probe:
        has = f"docker exec {words([target.service, *target.probe])}"
        yield Run(
            f"{has} >/dev/null 2>&1 || {{ echo {words([target.missing])} >&2; exit 1; }}\n",
            f"Look for `{target.program}`",
        )
    unit, path = target.unit, words([_result(target)])
    script = _script(target, loads, runs, at)
    start = transient_unit(unit, f"Benchmark of {target.service}", script)
    yield Run(end_earlier(target) + start, unit)
    yield Watch(watch_unit(unit), f"Benchmark of {target.service}", _judge(unit), PATIENCE)
    result = yield Run(f"cat {path}; rm -f {path}\n", f"Take the results of {target.service}")
    try:
        figures = read_object(result.out)
    except UnreadableJson as error:
        raise StepFailed(f"the results of {target.service} cannot be read: {error}") from error
    for load in loads:
        if not isinstance(figures.get(load.name), list):
            raise StepFailed(f"the results of {target.service} lack the load {load.name}")
        found[load.name] = figures[load.name]


def end_earlier(target: Benchmark) -> str:
    """Return a script that ends a benchmark whose run was interrupted, and removes its results.

    It goes on without its connection. Its figures would be of another state of the board, and its
    requests would slow down the next one.
    """
    path = _result(target)
    script = f"systemctl stop {target.unit}.service 2>/dev/null || true\n"
    script += f"rm -f {words([path, path + '.part'])}\n"
    if target.probe:
        # What `docker exec` started does not end with it.
        inside = f'kill "$(cat {INSIDE}/pid)"; rm -rf {INSIDE}'
        ended = words(["docker", "exec", target.service, "sh", "-c", inside])
        script += f"{ended} >/dev/null 2>&1 || true\n"
    return script


def _script(target: Benchmark, loads: Sequence[Load], runs: int, at: str) -> str:
    in_container = ["docker", "exec", target.service]
    # The client beside the program asks nothing of the container.
    own = not target.probe
    job = {
        **target.server,
        "cache": {"reset": target.cache.reset, "hits": list(target.cache.hits)},
        "out": _result(target),
        "result": [] if own else [*in_container, "cat", f"{INSIDE}/result.json"],
        "cleanup": [] if own else [*in_container, "rm", "-rf", INSIDE],
        "loads": [_load(target, load, runs, at) for load in loads],
    }
    modules = ("foreign_json.py", "load_figures.py", "load_client.py", "metrics.py", "bench.py")
    return run_program(*modules, job=job)


def _load(target: Benchmark, load: Load, runs: int, at: str) -> dict[str, Any]:
    return {
        "name": load.name,
        "input": load.input,
        "output": load.output,
        "prompts": load.prompts,
        "at_once": load.at_once,
        "rate": load.rate,
        "warm": _run(target, load, seed_of(at, load.name, 0), load.warm_up),
        "runs": [
            _run(target, load, seed_of(at, load.name, number), load.prompts)
            for number in range(1, runs + 1)
        ],
    }


def _run(target: Benchmark, load: Load, seed: int, prompts: int) -> dict[str, Any]:
    command = target.command(load, seed, prompts)
    return {"seed": seed, "prompts": prompts, "command": _in_container(target, command)}


def _in_container(target: Benchmark, command: Sequence[str]) -> list[str]:
    """Return the command that runs another in the service's container.

    The server's own key, where it has one, goes from its environment to the client's: no argument
    shows it.
    """
    if not command:
        return []
    key, shell = target.key, f'mkdir -p {INSIDE}; echo $$ > {INSIDE}/pid; exec "$@"'
    if key:
        shell = f'if [ -n "${{{key}:-}}" ]; then export OPENAI_API_KEY="${key}"; fi; {shell}'
    return ["docker", "exec", target.service, "sh", "-c", shell, "sh", *command]


def _result(target: Benchmark) -> str:
    return f"{STATE_DIR}/{target.unit}.json"


def _judge(unit: str) -> Callable[[str], Progress]:
    def judge(output: str) -> Progress:
        look = read_look(output, unit)
        if look.running:
            last = next((one for one in reversed(look.lines) if one.startswith("load ")), "load")
            return Progress(token="\n".join(look.lines), line=f"benchmark: {last}")
        if look.succeeded:
            return Progress(done=True)
        said = " / ".join(look.lines[-3:]) or "it ended without output"
        return Progress(failed=f"the benchmark failed: {said}")

    return judge
