"""A probe of a service: the script that a board runs, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.bench.result import ModelAs, circumstances
from jetfleet.bench.steps import about as about_script
from jetfleet.bench.steps import read_about
from jetfleet.board import PROBE
from jetfleet.rollout.gates.hard import start_seconds
from jetfleet.rollout.gates.key import Key
from jetfleet.rollout.gates.probed import Probe, Record
from jetfleet.spec.frozen import thaw
from jetfleet.steps import Refused
from jetfleet.steps.program import run_program
from jetfleet.survey.section import MISSING, Section, sections, sections_of
from jetfleet.text import UnreadableJson, read_object

if TYPE_CHECKING:
    from jetfleet.bench.about import About
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.benchmark import Benchmark
    from jetfleet.spec.model import Service

SECTION = "probe"

WORDS = 96
"""Words of a prompt: enough to be read for a time, and few enough for a context of 256 tokens."""

_TOKENS_A_WORD = 1.5
_AROUND = 40
"""Tokens of a prompt beside its words."""

_MORE = 45
"""Seconds beside the requests: for the power mode, before and after."""


@dataclass(frozen=True)
class Ask:
    """How much a probe asks.

    Parameters
    ----------
    tokens:
        Of an answer.
    seconds:
        After which it ends with what it has.
    wait:
        Seconds for which it waits while other clients load the server.

    """

    requests: int = 5
    tokens: int = 64
    seconds: int = 300
    wait: int = 60

    @property
    def limit(self) -> int:
        """Seconds after which the script is ended."""
        return self.seconds + _MORE


def probe_script(target: Benchmark, ask: Ask) -> str:
    """Return a script that reads a board and measures one of its services; it changes nothing.

    Each prompt begins with words that nobody has sent before, so that no cache answers. The key of
    the service is read on the board, and is in no argument.
    """
    context = target.context or 1 << 20
    room = int((context - ask.tokens - _AROUND) / _TOKENS_A_WORD)
    job = {
        **target.server,
        "running": list(target.clients.running),
        "finished": list(target.clients.finished),
        "requests": ask.requests,
        "tokens": ask.tokens,
        "words": max(1, min(WORDS, room)),
        "seconds": ask.seconds,
        "wait": ask.wait,
    }
    measure = sections({SECTION: (run_program(*PROBE, job=job), ask.limit)})
    return about_script(target) + measure


def read_probe(output: str) -> Probe:
    """Return what the script measured; without any figure, `error` says why."""
    section = sections_of(output).get(SECTION, Section(failed=MISSING))
    if section.failed:
        return Probe(error=f"the probe failed: {section.failed}")
    try:
        return Probe.model_validate(read_object(section.text))
    except UnreadableJson as error:
        reason = str(error)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return Probe(error=f"what the probe printed cannot be read ({reason})")


def read_record(
    output: str, target: Benchmark, inputs: RoleInput, service: Service, at: str
) -> Record | None:
    """Return what the script measured, with its circumstances; None if they cannot be read.

    Parameters
    ----------
    inputs, service:
        Of the spec that the board runs: before a change, of the commit that its record names.
    at:
        When it began, ISO 8601, UTC.

    """
    try:
        about = read_about(output, target)
    except (Refused, ValidationError):
        return None
    board, image, model = circumstances(inputs, service, about)
    seen = about.readings.services.get(service.name)
    return Record(
        host=inputs.host.name,
        service=service.name,
        at=at,
        key=Key(
            board=board,
            image=image,
            model=_mounted(about, target) or model,
            flags=thaw(getattr(service, "flags", {})),
        ),
        probe=read_probe(output),
        load_seconds=(start_seconds(seen) or None) if seen else None,
    )


def _mounted(about: About, target: Benchmark) -> ModelAs | None:
    """Return the model of a container that runs another one than the spec says; None otherwise."""
    folder = about.mounts.get(target.tokenizer)
    if not target.folder or not about.mounts or folder == target.folder:
        return None
    return ModelAs(name=folder or "no model", revision="")
