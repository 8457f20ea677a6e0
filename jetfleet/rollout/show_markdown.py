"""A rollout as Markdown, for a comment on a pull request; texts in it can set no marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.describe import counts, missing, overall, standing
from jetfleet.rollout.show import NAMED, REBUILT, few, kind, open_windows, time_text
from jetfleet.rollout.waits import waits
from jetfleet.text import format_count, format_duration
from jetfleet.text.markdown import escaped, inline_code, table_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.rollout.rollout import Rollout, Wave
    from jetfleet.rollout.state import State


def plan_markdown(rollout: Rollout, notes: Iterable[str] = ()) -> str:
    """Return what a rollout will do; `notes` are sentences that stand below its waves."""
    hosts = format_count(len(rollout.hosts), "host")
    waves = format_count(len(rollout.waves), "wave")
    lines = [f"## rollout of {inline_code(rollout.spec_name)}", "", f"{hosts} in {waves}.", ""]
    lines += [table_row(("wave", "hosts", "who", "gates", "then")), "|---|---|---|---|---|"]
    lines += [_planned(rollout, wave) for wave in rollout.waves]
    lines.append("")
    for site in rollout.sites.values():
        lines.append(f"- {escaped(f'{site.name}: {site.at_once} at once{open_windows(site)}')}")
    lines += [f"- {escaped(note)}" for note in notes]
    return "\n".join(lines) + "\n"


def status_markdown(state: State, rollout: Rollout, now: float) -> str:
    """Return how a rollout stands at `now`, in seconds since 1970."""
    why = state.ended_why or state.halted or state.aborted or state.paused
    of = inline_code(rollout.spec_name)
    lines = [f"## rollout {inline_code(rollout.id)} of {of}: {overall(state)}", ""]
    if why:
        lines += [f"> {escaped(why)}", ""]
    if state.rebuilt_at:
        lines += [f"> {escaped(REBUILT)}", ""]
    lines += [table_row(("wave", "verdict", "hosts", "gates")), "|---|---|---|---|"]
    lines += [_stands(state, number) for number in range(len(state.waves))]
    lines.append("")
    waited = []
    for wait in waits(state, rollout, now):
        until = f", until {time_text(wait.until)}" if wait.until else ""
        waited.append(f"- waits for {escaped(f'{wait.what}{until}')}")
    lines += [*waited, *([""] if waited else []), *_missing(state)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _planned(rollout: Rollout, wave: Wave) -> str:
    soak = f"after {format_duration(wave.soak)}: " if wave.soak else ""
    gates = ", ".join(gate.name for gate in wave.gates) or "none"
    cells = (
        wave.name,
        f"{len(wave.hosts)}{kind(rollout, wave)}",
        few(wave.hosts),
        f"{soak}{gates}",
        "a person judges it" if wave.person else "",
    )
    return table_row(map(escaped, cells))


def _stands(state: State, number: int) -> str:
    wave, judged = state.waves[number], state.verdicts.get(number)
    probe = state.probes.get(number)
    verdict = judged.verdict if judged else ("in work" if number == state.active else "")
    said = f"{verdict}: {judged.why}" if judged and judged.why else verdict
    tally = ", ".join(f"{count} {word}" for word, count in counts(state, wave).items())
    read = (f"{one.gate} {one.verdict}" for one in (probe.read.values() if probe else ()))
    return table_row(map(escaped, (wave.name, said, tally, ", ".join(read))))


def _missing(state: State) -> Iterator[str]:
    left = missing(state)
    if not left:
        return
    yield from (table_row(("host without the change", "state", "why")), "|---|---|---|")
    for name in left[:NAMED]:
        host = state.hosts[name]
        yield table_row(map(escaped, (name, standing(host), host.detail)))
    if left[NAMED:]:
        yield from ("", f"And {len(left) - NAMED} more.")
