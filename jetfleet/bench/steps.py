"""A benchmark on a board, as steps: a program inside the service's own container.

It runs in a transient unit, like a download: an hour of load must not end with a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.bench.about import About
from jetfleet.runtimes.benchmark import INSIDE
from jetfleet.status.reading import Readings
from jetfleet.status.readings import read_status, status_script
from jetfleet.steps import Progress, Refused, Run, StepFailed, Watch
from jetfleet.steps.shell import words
from jetfleet.steps.transient import read_look, transient_unit, watch_unit
from jetfleet.survey.section import SECONDS, Section, sections, sections_of
from jetfleet.text import UnreadableJson, read_json, read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jetfleet.runtimes.benchmark import Benchmark, Load
    from jetfleet.steps import Steps

PATIENCE = 3600.0
"""Seconds that one load may take without output: source 003's longest took eleven minutes."""

_RESULTS = "/run/jetfleet"

# Fields of a result that are as long as the number of requests.
_LISTS = ("input_lens", "output_lens", "ttfts", "itls", "generated_texts", "errors", "start_times")


def about(target: Benchmark) -> str:
    """Return a script that reads the board, and what the service runs on right now."""
    name = words([target.service])
    inspect = "docker container inspect -f "
    image = f"""set -e
{inspect}'{{{{json .Config.Image}}}}' {name}
docker image inspect -f '{{{{json .RepoDigests}}}}' "$({inspect}'{{{{.Image}}}}' {name})"
{inspect}'{{{{json .Mounts}}}}' {name}
"""
    return status_script([target.service], []) + sections({"container": (image, SECONDS)})


def read_about(output: str) -> About:
    """Return what the script said.

    Raises
    ------
    Refused
        There is no container: the service does not run.

    """
    found = sections_of(output).get("container", Section(failed="it is missing"))
    lines = found.text.splitlines()
    if found.failed or len(lines) < 3:  # noqa: PLR2004 - one line for each question
        raise Refused("the service has no container: apply the spec first")
    try:
        image, digests, mounts = (read_json(line) for line in lines[:3])
        return About(
            readings=Readings.model_validate(read_status(output)),
            image=str(image),
            digest=next((str(one).rpartition("@")[2] for one in digests or ()), ""),
            mounts={str(one["Destination"]): str(one["Source"]) for one in mounts or ()},
        )
    except (ValueError, LookupError, TypeError) as error:
        raise Refused(f"the container that Docker describes cannot be read ({error})") from error


def steps(target: Benchmark, loads: Sequence[Load], found: dict[str, Any]) -> Steps:
    """Yield the steps of a benchmark; the results come into `found` by the loads' names."""
    has = f"docker exec {words([target.service, *target.probe])}"
    yield Run(
        f"{has} >/dev/null 2>&1 || {{ echo {words([target.missing])} >&2; exit 1; }}\n",
        f"Look for `{target.program}`",
    )
    unit = target.unit
    yield Run(transient_unit(unit, f"Benchmark of {target.service}", _script(target, loads)), unit)
    yield Watch(watch_unit(unit), f"Benchmark of {target.service}", _judge(unit), PATIENCE)
    for load in loads:
        path = _result(target, load)
        result = yield Run(f"cat {path}; rm -f {path}\n", f"Take the result of {load.name}")
        try:
            figures = read_object(result.out)
        except UnreadableJson as error:
            raise StepFailed(f"the result of {load.name} cannot be read: {error}") from error
        found[load.name] = {name: figures[name] for name in figures if name not in _LISTS}


def _script(target: Benchmark, loads: Sequence[Load]) -> str:
    name = words([target.service])
    # The server's own key, where it has one, goes from its environment to the client's: no
    # argument shows it.
    key, shell = target.key, '"$@"'
    if key:
        shell = f'if [ -n "${{{key}:-}}" ]; then export OPENAI_API_KEY="${key}"; fi; {shell}'
    parts = ["set -eu"]
    for load in loads:
        path = _result(target, load)
        inside = words(["sh", "-c", shell, "sh", *target.command(load)])
        parts += [
            f"echo load {load.name}",
            f"docker exec {name} {inside}",
            f"umask 077; docker exec {name} cat {INSIDE}/{load.name}.json > {path}",
        ]
    parts.append(f"docker exec {name} rm -rf {INSIDE}")
    return "\n".join(parts) + "\n"


def _result(target: Benchmark, load: Load) -> str:
    return words([f"{_RESULTS}/{target.unit}-{load.name}.json"])


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
