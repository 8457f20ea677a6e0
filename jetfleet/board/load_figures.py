"""The figures of a load, by the names that vLLM's own benchmark gives them.

Times are in ms, rates a second.
"""

from __future__ import annotations

from typing import Any


def figures(answers: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Return the figures of answers that took `seconds` together; a time of 0 is not known."""
    outputs = sum(one["output"] for one in answers)
    inputs = sum(one["input"] for one in answers)
    first = [1000 * (one["times"][0] - one["began"]) for one in answers]
    each = [
        1000 * (one["times"][-1] - one["times"][0]) / (one["output"] - 1)
        for one in answers
        if one["output"] > 1 and len(one["times"]) > 1  # else the server did not stream
    ]
    between = [
        1000 * (after - before)
        for one in answers
        for before, after in zip(one["times"], one["times"][1:])
    ]
    cached = [one["cached"] for one in answers if one["cached"] is not None]
    found = {
        "completed": len(answers),
        "duration": seconds,
        "total_input_tokens": inputs,
        "total_output_tokens": outputs,
        "request_throughput": len(answers) / seconds,
        "output_throughput": outputs / seconds,
        "total_token_throughput": (inputs + outputs) / seconds,
        "cached_tokens": sum(cached) if cached else None,
    }
    for name, values in (("ttft", first), ("tpot", each), ("itl", between)):
        ordered = sorted(values) or [0.0]
        found[f"mean_{name}_ms"] = sum(ordered) / len(ordered)
        found[f"median_{name}_ms"] = ordered[len(ordered) // 2]
        found[f"p99_{name}_ms"] = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return found
