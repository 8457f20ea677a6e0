"""Loads a model server and writes the figures of each run.

The job has the server (see `load_Server`), `cache`, `out` (the file of the results), and
`loads`: each with its shape, its `warm` run and its `runs`, which have a `seed`. A run with a
`command` is that of a program that writes its result where `result` prints it; without one, the
client beside this file sends the load. Nothing that a warm-up measures is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from jetfleet.board.foreign_json import SIZE, read_object
from jetfleet.board.load_client import Failed, Server, run, words_for
from jetfleet.board.metrics import first_of, metrics

LISTS = ("input_lens", "output_lens", "ttfts", "itls", "generated_texts", "errors", "start_times")
"""Fields of a result that are as long as the number of requests."""

_ASK_SECONDS = 30


def empty(server: Server, path: str) -> bool:
    """Empty the server's cache of prompts; return whether it did."""
    if not path:
        return False
    try:
        with server.open(path, {}, _ASK_SECONDS) as answer:
            answer.read(1000)
    except (Failed, OSError):
        return False
    return True


class Program:
    """A benchmark program in the service's container."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.result = job.get("result", [])

    def run(self, command: list[str]) -> Any:
        """Run it, and return the figures that it wrote."""
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        with subprocess.Popen(self.result, stdout=subprocess.PIPE) as process:
            text = process.stdout.read(SIZE + 1) if process.stdout else b""
            if len(text) > SIZE:
                process.kill()
        found = read_object(text)
        return {name: found[name] for name in found if name not in LISTS}


def measured(server: Server, job: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of each run, by load."""
    program = Program(job)
    found: dict[str, Any] = {}
    hits = job["cache"]["hits"]
    for load in job["loads"]:
        runs, warm = load["runs"], load["warm"]
        words = 0
        print(f"load {load['name']}, warm-up", flush=True)
        if warm.get("command"):
            program.run(warm["command"])
        else:
            words = words_for(server, load["input"], warm["seed"])
            run(server, load, words, warm["seed"], warm["prompts"])
        found[load["name"]] = []
        for number, one in enumerate(runs, 1):
            print(f"load {load['name']}, run {number} of {len(runs)}", flush=True)
            reset = empty(server, job["cache"]["reset"])
            before = first_of(hits, metrics(server) if hits else "")
            if one.get("command"):
                result = program.run(one["command"])
            else:
                result = run(server, load, words, one["seed"], load["prompts"])
            after = first_of(hits, metrics(server) if hits else "")
            if before is not None and after is not None:
                result["cached_tokens"] = max(0, round(after - before))
            found[load["name"]].append(dict(result, seed=one["seed"], cache_reset=reset))
    return found


def main(job: dict[str, Any]) -> None:
    """Measure, and write the results into a file that only root reads."""
    try:
        found = measured(Server(job), job)
    except Failed as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"the benchmark program ended with {error.returncode}")
    except (ValueError, LookupError, TypeError, OSError) as error:
        sys.exit(f"the result cannot be read ({type(error).__name__}: {error})")
    finally:
        if job.get("cleanup"):
            subprocess.run(job["cleanup"], check=False)
    os.umask(0o077)
    with open(job["out"] + ".part", "w", encoding="utf-8") as out:
        json.dump(found, out)
    os.rename(job["out"] + ".part", job["out"])
