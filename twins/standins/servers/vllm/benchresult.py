"""The result of `vllm bench serve`: figures, a table, a file.

The names are those of https://github.com/vllm-project/vllm, version 0.10.1.1,
`vllm/benchmarks/serve.py`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

_TITLES = {
    "ttft": "Time to First Token",
    "tpot": "Time per Output Token (excl. 1st token)",
    "itl": "Inter-token Latency",
}


@dataclass(frozen=True)
class Answer:
    """One request: when the first token came and the gaps after it (in seconds), its tokens."""

    first: float
    gaps: tuple[float, ...]
    tokens: int
    text: str


def result(options: argparse.Namespace, answers: list[Answer], took: float) -> dict[str, Any]:
    """Return the figures of a run of this number of seconds, by their names in the file."""
    made = sum(a.tokens for a in answers)
    read = len(answers) * options.random_input_len
    rate = options.request_rate
    found: dict[str, Any] = {
        "date": time.strftime("%Y%m%d-%H%M%S"),
        "endpoint_type": options.endpoint_type,
        "label": options.label,
        "model_id": options.model,
        "tokenizer_id": options.tokenizer or options.model,
        "num_prompts": options.num_prompts,
        **dict(item.split("=", 1) for item in options.metadata or ()),
        "request_rate": "inf" if rate == float("inf") else rate,
        "burstiness": options.burstiness,
        "max_concurrency": options.max_concurrency,
        "duration": took,
        "completed": len(answers),
        "total_input_tokens": read,
        "total_output_tokens": made,
        "request_throughput": len(answers) / took,
        "request_goodput": None,
        "output_throughput": made / took,
        "total_token_throughput": (read + made) / took,
    }
    lists = {
        "ttft": [a.first for a in answers],
        "tpot": [sum(a.gaps) / len(a.gaps) for a in answers if a.gaps],
        "itl": [gap for a in answers for gap in a.gaps],
    }
    for metric in options.percentile_metrics.split(","):
        found |= _latency(metric, lists.get(metric, []), options.metric_percentiles.split(","))
    return found


def _latency(metric: str, seconds: list[float], parts: list[str]) -> dict[str, float]:
    # By hand: the images have no decimal module, which statistics needs.
    times = sorted(1000 * one for one in seconds) or [0.0]
    count = len(times)
    mean = sum(times) / count
    figures = {
        "mean": mean,
        "median": (times[(count - 1) // 2] + times[count // 2]) / 2,
        "std": (sum((one - mean) ** 2 for one in times) / count) ** 0.5,
    }
    for part in parts:
        figures[f"p{part}"] = times[min(int(count * float(part) / 100), count - 1)]
    return {f"{name}_{metric}_ms": value for name, value in figures.items()}


def table(result: dict[str, Any]) -> str:
    """Return the table that ends a run."""
    lines = [f"{' Serving Benchmark Result ':=^50}"]
    rows: list[tuple[str, float]] = [("Successful requests:", result["completed"])]
    if result["max_concurrency"]:
        rows.append(("Maximum request concurrency:", result["max_concurrency"]))
    rows += [
        ("Benchmark duration (s):", result["duration"]),
        ("Total input tokens:", result["total_input_tokens"]),
        ("Total generated tokens:", result["total_output_tokens"]),
        ("Request throughput (req/s):", result["request_throughput"]),
        ("Output token throughput (tok/s):", result["output_throughput"]),
        ("Total Token throughput (tok/s):", result["total_token_throughput"]),
    ]
    lines += [_row(*row) for row in rows]
    for metric, title in _TITLES.items():
        if f"mean_{metric}_ms" in result:
            lines.append(f"{title:-^50}")
            for key in [k for k in result if k.endswith(f"_{metric}_ms")]:
                kind = key.removesuffix(f"_{metric}_ms")
                if kind != "std":
                    shown = kind.upper() if kind[0] == "p" else kind.capitalize()
                    lines.append(_row(f"{shown} {metric.upper()} (ms):", result[key]))
    return "\n".join([*lines, "=" * 50])


def _row(name: str, value: float) -> str:
    shown = str(value) if isinstance(value, int) else f"{value:.2f}"
    return f"{name:<40} {shown:<10}".rstrip()


def save(options: argparse.Namespace, result: dict[str, Any], answers: list[Answer]) -> None:
    """Write the figures, and each answer if asked, where the options say."""
    if options.save_detailed:
        result = {
            **result,
            "input_lens": [options.random_input_len] * len(answers),
            "output_lens": [a.tokens for a in answers],
            "ttfts": [a.first for a in answers],
            "itls": [list(a.gaps) for a in answers],
            "generated_texts": [a.text for a in answers],
            "errors": [""] * len(answers),
        }
    at_once = f"-concurrency{options.max_concurrency}" if options.max_concurrency else ""
    short = options.model.split("/")[-1]
    kind = options.label or options.endpoint_type
    usual = f"{kind}-{result['request_rate']}qps{at_once}-{short}-{result['date']}.json"
    path = Path(options.result_dir or ".") / (options.result_filename or usual)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if options.append_result else "w", encoding="utf-8") as file:
        json.dump(result, file)
