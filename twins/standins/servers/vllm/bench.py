"""`vllm bench serve`: the load of random words on a running server, and its result.

The names in the result file are those of https://github.com/vllm-project/vllm, version 0.10.1.1,
`vllm/benchmarks/serve.py`.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twins.standins.servers.kit.words import WORDS

from . import benchresult
from .benchresult import Answer

if TYPE_CHECKING:
    import argparse

_SECONDS = 600


def add(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of `vllm bench serve`."""
    for name, usual in (
        ("base-url", None), ("host", "127.0.0.1"), ("endpoint", "/v1/completions"),
        ("endpoint-type", "openai"), ("backend", "vllm"), ("dataset-name", "random"),
        ("dataset-path", None), ("model", None), ("served-model-name", None),
        ("tokenizer", None), ("label", None), ("result-dir", None), ("result-filename", None),
        ("percentile-metrics", "ttft,tpot,itl"), ("metric-percentiles", "99"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", default=usual)
    for name, count in (
        ("port", 8000), ("num-prompts", 1000), ("max-concurrency", None), ("seed", 0),
        ("random-input-len", 1024), ("random-output-len", 128), ("random-prefix-len", 0),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=count)
    for name, number in (("request-rate", float("inf")), ("burstiness", 1.0),
                         ("random-range-ratio", 0.0), ("temperature", None)):  # fmt: skip
        parser.add_argument(f"--{name}", type=float, default=number)
    for name in ("save-result", "save-detailed", "append-result", "ignore-eos", "disable-tqdm",
                 "trust-remote-code", "use-beam-search", "profile"):  # fmt: skip
        parser.add_argument(f"--{name}", action="store_true")
    for name in ("metadata", "goodput"):
        parser.add_argument(f"--{name}", nargs="+")


def run(options: argparse.Namespace) -> None:
    """Load the server and print what came of it; raises `ValueError` when it does not answer."""
    url = options.base_url or f"http://{options.host}:{options.port}"
    if not options.model:
        raise ValueError("the following arguments are required: --model")
    name = options.tokenizer or options.model
    if name.startswith("/") and not (Path(name) / "tokenizer.json").is_file():
        raise OSError(f"Can't load tokenizer for '{name}'.")
    print("Starting initial single prompt test run...", flush=True)  # noqa: T201 - its output
    try:
        _ask(url, options, 0)
    except (OSError, ValueError, HTTPException) as error:
        raise ValueError(
            "Initial test run failed - Please make sure benchmark arguments are correctly "
            f"specified. Error: {error}"
        ) from None
    print("Initial test run completed. Starting main benchmark run...", flush=True)  # noqa: T201
    began = time.monotonic()
    with ThreadPoolExecutor(options.max_concurrency or min(options.num_prompts, 32)) as pool:
        answers = list(pool.map(lambda n: _tried(url, options, n), range(options.num_prompts)))
    good = [answer for answer in answers if answer]
    result = benchresult.result(options, good, time.monotonic() - began)
    print(benchresult.table(result), flush=True)  # noqa: T201
    if options.save_result:
        benchresult.save(options, result, good)


def _tried(url: str, options: argparse.Namespace, number: int) -> Answer | None:
    try:
        return _ask(url, options, number)
    except (OSError, ValueError, HTTPException):
        return None


def _ask(url: str, options: argparse.Namespace, number: int) -> Answer:
    place = urlsplit(url)
    dice = random.Random(f"{options.seed} {number}")  # noqa: S311 - words, not secrets
    text = " ".join(dice.choice(WORDS) for _ in range(options.random_input_len))
    body: dict[str, Any] = {
        "model": options.served_model_name or options.model,
        "max_tokens": options.random_output_len,
        "stream": True,
        "stream_options": {"include_usage": True},
        "ignore_eos": options.ignore_eos,
    }
    body |= (
        {"messages": [{"role": "user", "content": text}]}
        if "chat" in options.endpoint
        else {"prompt": text}
    )
    connection = HTTPConnection(place.hostname or "", place.port or 80, timeout=_SECONDS)
    began = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    connection.request("POST", options.endpoint, json.dumps(body), headers)
    answer = connection.getresponse()
    if answer.status != 200:  # noqa: PLR2004
        raise ValueError(f"{answer.reason}: {answer.read().decode(errors='replace')[:500]}")
    times, pieces, usage = [], [], 0
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        usage = (event.get("usage") or {}).get("completion_tokens", usage)
        for choice in event["choices"]:
            piece = choice.get("text") or (choice.get("delta") or {}).get("content")
            if piece:
                times.append(time.perf_counter())
                pieces.append(piece)
    connection.close()
    if not times:
        raise ValueError("Never received a valid chunk to calculate TTFT.")
    gaps = tuple(b - a for a, b in itertools.pairwise(times))
    return Answer(times[0] - began, gaps, usage or len(pieces), "".join(pieces))
