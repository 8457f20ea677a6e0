"""Benchmarks side by side: a table for each load, a line for each run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.bench.limit import impossible
from jetfleet.bench.spread import (
    CACHED,
    WIDE,
    Range,
    cached_share,
    lost,
    middle,
    range_of,
    spread,
)
from jetfleet.text import format_bytes, format_count, format_json
from jetfleet.text.markdown import escaped, table_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.bench.result import Measured, Run
    from jetfleet.runtimes.benchmark import Load


@dataclass(frozen=True)
class Column:
    """One figure: its field, its headings with the unit, and whether more of it is better."""

    field: str
    title: str
    short: str
    more: bool


_BESIDE = ("host", "throttling", "service", "point")
"""Facts that are shown beside the title of a point."""

COLUMNS = (
    Column("request_throughput", "Request throughput (req/s)", "req/s", more=True),
    Column("output_throughput", "Output token throughput (tok/s)", "tok/s", more=True),
    Column("mean_ttft_ms", "Mean TTFT (ms)", "TTFT ms", more=False),
    Column("mean_tpot_ms", "Mean TPOT (ms)", "TPOT ms", more=False),
)


@dataclass(frozen=True)
class Line:
    """One benchmark of one load.

    Parameters
    ----------
    setting:
        What distinguishes the run from the others.
    figures, ranges:
        Medians, one for each column, and the same with the extremes of the runs.
    spread:
        The largest spread of a column; empty for one run.
    notes:
        Reasons not to trust the figures, a sentence each.

    """

    setting: str
    figures: tuple[str, ...]
    ranges: tuple[Range, ...]
    spread: str
    notes: tuple[str, ...]
    false: bool


@dataclass(frozen=True)
class Comparison:
    """One load: a line for each run; `best` has the line of the best figure of each column."""

    name: str
    title: str
    lines: tuple[Line, ...]
    best: tuple[int | None, ...]

    def marked(self, line: int, column: int) -> str:
        """Return a figure with its mark: a star for the best, "!" for one that cannot be true."""
        mark = " !" if self.lines[line].false else " *" if self.is_best(line, column) else ""
        return f"{self.lines[line].figures[column]}{mark}"

    def is_best(self, line: int, column: int) -> bool:
        """Tell whether a figure is marked: one among several that is possible."""
        return len(self.lines) > 1 and self.best[column] == line


def compare(runs: Sequence[Run]) -> list[Comparison]:
    """Return a comparison for each load that any run has; loads of equal shape are compared."""
    settings = dict(zip(map(id, runs), settings_of(runs), strict=True))
    loads: dict[Load, list[tuple[Run, Measured]]] = {}
    for run in runs:
        for measured in run.loads.values():
            loads.setdefault(measured.shape, []).append((run, measured))
    found = []
    for shape, mine in loads.items():
        lines = tuple(_line(run, measured, settings[id(run)]) for run, measured in mine)
        best = tuple(_best(column, lines, mine) for column in COLUMNS)
        found.append(Comparison(shape.name, _title(shape), lines, best))
    return found


def settings_of(runs: Sequence[Run]) -> list[str]:
    """Return for each run what distinguishes it from the others, in a few words."""
    facts = [dict(_facts(run)) for run in runs]
    names = list(facts[0]) if facts else []
    differs = [name for name in names if len({one[name] for one in facts}) > 1]
    if "point" in differs and all(one["point"] for one in facts):
        differs = [name for name in differs if name in _BESIDE or not _named(name, facts)]
    if not differs:
        differs = names[1:3]
    elif differs != ["time"]:
        differs = [name for name in differs if name != "time"]
    found = [", ".join(one[name] for name in differs if one[name]) for one in facts]
    return [
        f"{setting}, {run.at}" if found.count(setting) > 1 and run.at not in setting else setting
        for setting, run in zip(found, runs, strict=True)
    ]


def _named(name: str, facts: Sequence[Mapping[str, str]]) -> bool:
    """Tell whether the title of a point says it: at each point of a service it is the same."""
    points = [(one["host"], one["service"], one["point"]) for one in facts]
    values = {(point, one[name]) for point, one in zip(points, facts, strict=True)}
    return len(values) == len(set(points))


def common_of(runs: Sequence[Run]) -> str:
    """Return what all runs have in common: board, model, settings."""
    facts = [dict(_facts(run)) for run in runs]
    same = [name for name in facts[0] if len({one[name] for one in facts}) == 1] if facts else []
    return ", ".join(facts[0][name] for name in same if facts[0][name] and name != "time")


def json_text(runs: Sequence[Run]) -> str:
    """Return the runs as JSON."""
    listed = [run.model_dump(by_alias=True, mode="json") for run in runs]
    return format_json({"schema": 2, "runs": listed}) + "\n"


def markdown(runs: Sequence[Run], plots: Mapping[str, str] | None = None) -> str:
    """Return the comparisons as Markdown, the best figures in bold.

    Parameters
    ----------
    plots:
        Paths of plots by the title of their comparison.

    """
    parts = [f"All runs: {escaped(common_of(runs))}"]
    for one in compare(runs):
        heads = ["setting", *(column.title for column in COLUMNS), "spread"]
        rows = [f"## {escaped(one.title)}", "", table_row(heads), table_row(["---"] * len(heads))]
        for number, line in enumerate(one.lines):
            marked = [
                f"**{figure}**" if one.is_best(number, column) else one.marked(number, column)
                for column, figure in enumerate(line.figures)
            ]
            rows.append(table_row([escaped(line.setting), *marked, line.spread or "-"]))
        rows += [f"\n{escaped(note)}" for note in notes_of(one)]
        if plots and one.title in plots:
            rows.append(f"\n![{escaped(one.title)}](<{plots[one.title]}>)")
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def notes_of(one: Comparison) -> list[str]:
    """Return why figures of a comparison must not be trusted, a sentence for each run."""
    return [f"{line.setting}: {note}" for line in one.lines for note in line.notes]


def _line(run: Run, measured: Measured, setting: str) -> Line:
    wide = [value for c in COLUMNS if (value := spread(measured, c.field)) is not None]
    false = impossible(run, measured)
    notes = [false] if false else []
    notes += _doubts(run, measured, max(wide, default=0.0))
    return Line(
        setting=setting,
        figures=tuple(_figure(middle(measured, column.field)) for column in COLUMNS),
        ranges=tuple(range_of(measured, column.field) for column in COLUMNS),
        spread=f"±{100 * max(wide):.1f} %" if wide else "",
        notes=tuple(notes),
        false=bool(false),
    )


def _figure(value: float) -> str:
    """Return a figure with two decimals, or a dash: 0 stands for one that was not measured."""
    return f"{value:.2f}" if value else "-"


def _doubts(run: Run, measured: Measured, wide: float) -> Iterator[str]:
    share = cached_share(measured, run.repeated)
    if share is not None and share > CACHED:
        yield f"{100 * share:.0f} % of the prompts came from the server's cache"
    if wide > WIDE:
        yield f"its runs differ by ±{100 * wide:.0f} %: measure more runs, or lock the clocks"
    if any(one.completed for one in measured.runs) and lost(measured):
        yield f"{format_count(lost(measured), 'request')} got no answer"


def _best(
    column: Column, lines: Sequence[Line], mine: Sequence[tuple[Run, Measured]]
) -> int | None:
    """Return the line of the best possible figure of a column."""
    values = {
        number: value
        for number, (line, (_, measured)) in enumerate(zip(lines, mine, strict=True))
        if not line.false and (value := middle(measured, column.field))
    }
    if not values:
        return None
    return (max if column.more else min)(values, key=values.__getitem__)


def _title(shape: Load) -> str:
    how = f", {shape.at_once} at once" if shape.at_once else ""
    how += f", {shape.rate:g} a second" if shape.rate else ""
    return f"{shape.title}: {shape.prompts} prompts of {shape.input} + {shape.output} tokens{how}"


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what may distinguish a run, by name."""
    clocks = {True: "clocks locked", False: "clocks free", None: "clocks ?"}
    yield "host", run.host
    yield "power mode", run.board.power_mode or "mode ?"
    yield "clocks", clocks[run.board.clocks_locked]
    yield "throttling", "throttled" if run.board.throttling else ""
    yield "service", run.service
    yield "model", f"{run.model.name} {run.model.revision[:12]}"
    yield "quantisation", run.model.quantisation
    yield "size", format_bytes(run.model.size) if run.model.size else ""
    yield "image", run.image.digest.removeprefix("sha256:")[:12] or run.image.name
    yield "flags", " ".join(f"{name}={value}" for name, value in run.flags.items())
    yield "point", run.point
    yield "time", run.at
