"""Boards of a wave with what is known of them, for tests of gates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from jetfleet.bench.result import BoardAs, ImageAs, ModelAs
from jetfleet.converge.answer import Answer
from jetfleet.rollout.gates.evidence import Evidence
from jetfleet.rollout.gates.key import Key
from jetfleet.rollout.gates.probed import Conditions, Probe, Record, Request
from jetfleet.rollout.gates.state import BoardState, Checked
from jetfleet.status.reading import Readings

GIB = 2**30
QUIET = Conditions(power_mode="MAXN", clocks_locked=True, throttling=(), over_current={})


@dataclass(frozen=True)
class Gate:
    """A gate by its plain values."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


TOKENS = Gate("tokens_per_second", {"service": "llm"})
TTFT = Gate("ttft_ms", {"service": "llm"})
LOAD = Gate("load_seconds", {"service": "llm"})
QUICK = (Gate("verified"), Gate("in-sync"), Gate("no-restarts"))
HARD = (
    *QUICK, Gate("no-oom"), Gate("ready"), Gate("disk"), Gate("throttling", {"is": "none"}),
    Gate("memory", {"is": "caution"}),
)  # fmt: skip


def key(**more: Any) -> Key:
    board = {
        "module": "agx-orin-64gb",
        "l4t": "36.4.3",
        "power_mode": "MAXN",
        "clocks_locked": True,
    }
    given = {"board": board, "image": {"name": "a:1"}, "model": {"name": "m", "revision": "1"}}
    return Key(
        board=BoardAs(**{**given["board"], **more.get("board", {})}),
        image=ImageAs(**{**given["image"], **more.get("image", {})}),
        model=ModelAs(**{**given["model"], **more.get("model", {})}),
        flags=more.get("flags", {}),
    )


def probe(rates: list[float], **more: Any) -> Probe:
    """A probe on a quiet board with these rates; the time to a first token is their inverse."""
    requests = tuple(Request(tokens_per_second=r, ttft_ms=1000 / r, tokens=64) for r in rates)
    return Probe(**{"requests": requests, "disturbed": 0, "begin": QUIET, "end": QUIET, **more})


def record(host: str, rates: list[float], **more: Any) -> Record:
    given = {"at": "2026-11-29T00:00:00Z", "key": key(), "load_seconds": 60.0}
    of_probe = {name: more.pop(name) for name in list(more) if name in Probe.model_fields}
    return Record(host=host, service="llm", probe=probe(rates, **of_probe), **{**given, **more})


def answer(**more: Any) -> Answer:
    return Answer(model="m", text="1, 2, 3, 4, 5, 6", tokens=16, seconds=1.0, **more)


def state(readings: dict[str, Any] | None = None, **service: Any) -> BoardState:
    """A board at rest whose service is ready since second 160, and was started at 100."""
    unit = {
        "active": "active", "uptime": 40.0, "restarts": 0, "restarts_in_docker": 0, "began": 100.0,
        "since": 160.0, "ids": ["m"], "wants": ["m"],
    }  # fmt: skip
    given = {
        "release": "# R36 (release), REVISION: 4.3", "boot": "a", "uptime": 200.0, "kills": 0,
        "killed": [], "memory": {"total": 64 * GIB, "available": 32 * GIB},
        "disks": {"/": {"mounted": True, "total": 50 * GIB, "free": 20 * GIB}},
        "services": {"llm": {**unit, **service}},
        **(readings or {}),
    }  # fmt: skip
    checked = {"llm": Checked(ok=True, answers=(answer(),))}
    return BoardState(readings=Readings.model_validate(given), checked=checked)


def asked(of: BoardState, **more: Any) -> BoardState:
    """The same board with another check of its service."""
    checked = Checked(**{"ok": True, "answers": (answer(),), **more})
    return of.model_copy(update={"checked": {"llm": checked}})


# Before the change the service had been started earlier.
BEFORE = state(began=10.0, since=70.0)
GOOD = Evidence(
    "nano-1", "orin", ("llm",), before=BEFORE, ready=state(), now=state(), differences=()
)


def good(**more: Any) -> Evidence:
    return replace(GOOD, **more)


def measured(host: str, before: list[float] | None, after: list[float], **more: Any) -> Evidence:
    """A good board whose service was probed before and after."""
    earlier = {} if before is None else {"llm": record(host, before)}
    later = {"llm": record(host, after, **more)}
    return good(host=host, probed_before=earlier, probed=later)
