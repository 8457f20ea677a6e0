"""Benchmarks side by side, as source 003 lays them out: a table a load, a line a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.bench.load import LOADS
from jetfleet.text import format_bytes, format_json
from jetfleet.text.markdown import escaped, table_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.bench.result import Figures, Run


@dataclass(frozen=True)
class Column:
    """One figure: its field, its heading with the unit, and whether more of it is better."""

    field: str
    title: str
    more: bool

    def value(self, figures: Figures) -> float:
        """Return the figure."""
        return float(getattr(figures, self.field))


COLUMNS = (
    Column("request_throughput", "Request throughput (req/s)", more=True),
    Column("output_throughput", "Output token throughput (tok/s)", more=True),
    Column("mean_ttft_ms", "Mean TTFT (ms)", more=False),
    Column("mean_tpot_ms", "Mean TPOT (ms)", more=False),
)

ABOUT = ("run", "model", "quantisation", "size", "power mode", "clocks")


@dataclass(frozen=True)
class Comparison:
    """One load: lines of what was run and its figures; the best of each column is marked."""

    title: str
    lines: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    best: tuple[int, ...]


def compare(runs: Sequence[Run]) -> list[Comparison]:
    """Return a comparison for each load that any run has, in the order of source 003."""
    found = []
    for load in LOADS:
        mine = [(run, run.loads[load.name]) for run in runs if load.name in run.loads]
        if not mine:
            continue
        best = []
        for column in COLUMNS:
            values = [column.value(figures) for _, figures in mine]
            best.append(values.index(max(values) if column.more else min(values)))
        lines = tuple(
            (_about(run), tuple(f"{column.value(figures):.2f}" for column in COLUMNS))
            for run, figures in mine
        )
        at_once = f", {load.at_once} at once" if load.at_once else ""
        shape = f"{load.prompts} prompts of {load.input} + {load.output} tokens{at_once}"
        found.append(Comparison(f"{load.title}: {shape}", lines, tuple(best)))
    return found


def json_text(runs: Sequence[Run]) -> str:
    """Return the runs as JSON."""
    listed = [run.model_dump(by_alias=True, mode="json") for run in runs]
    return format_json({"schema": 1, "runs": listed}) + "\n"


def markdown(runs: Sequence[Run]) -> str:
    """Return the comparisons as Markdown, the best figures in bold."""
    parts = []
    for one in compare(runs):
        heads = [*ABOUT, *(column.title for column in COLUMNS)]
        rows = [f"## {one.title}", "", table_row(heads), table_row(["---"] * len(heads))]
        for number, (about, figures) in enumerate(one.lines):
            marked = [
                f"**{figure}**" if number == best and len(one.lines) > 1 else figure
                for figure, best in zip(figures, one.best, strict=True)
            ]
            rows.append(table_row([*map(escaped, about), *marked]))
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _about(run: Run) -> tuple[str, ...]:
    clocks = {True: "locked", False: "free", None: "?"}[run.board.clocks_locked]
    if run.board.throttling:
        clocks += ", throttled"
    return (
        f"{run.host} {run.at}",
        f"{run.model.name} {run.model.revision[:12]}",
        run.model.quantisation or "-",
        format_bytes(run.model.size) if run.model.size else "-",
        run.board.power_mode or "?",
        clocks,
    )
