"""`GET /metrics` in Prometheus' text form, under vLLM's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERIES = (
    ("num_requests_running", "gauge", "Number of requests in model execution batches.", "running"),
    ("num_requests_waiting", "gauge", "Number of requests waiting to be processed.", ""),
    ("kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.", ""),
    ("prompt_tokens_total", "counter", "Number of prefill tokens processed.", "prompt"),
    ("generation_tokens_total", "counter", "Number of generation tokens processed.", "generated"),
    ("prefix_cache_queries_total", "counter", "Prefix cache queries, in tokens.", "queries"),
    ("prefix_cache_hits_total", "counter", "Prefix cache hits, in tokens.", "hits"),
    ("request_success_total", "counter", "Count of successfully processed requests.", "requests"),
)


def page(model: str, counts: Mapping[str, int]) -> str:
    """Write all series of one model; `counts` by the names in the table above."""
    lines = []
    for name, kind, meaning, key in _SERIES:
        family = f"vllm:{name.removesuffix('_total')}"
        value = float(counts.get(key, 0))
        lines += [
            f"# HELP {family} {meaning}",
            f"# TYPE {family} {kind}",
            f'vllm:{name}{{engine="0",model_name="{model}"}} {value}',
        ]
    return "\n".join(lines) + "\n"
