"""Asks a model server a few times, one request after another, and prints how fast it answered.

The job has the server (see `load_client.Server`), `requests`, `tokens` of an answer, `words` of a
prompt, `seconds` after which it ends with what it has, `wait` (seconds for which it waits while
other clients load the server), and the names of metrics: `running` (requests that are worked on or
wait) and `finished` (all that have ended). What is not known is null.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any, Callable

from jetfleet.board.load_client import Failed, Server, prompt_of
from jetfleet.board.metrics import first_of, metrics, value_of
from jetfleet.board.printable import printable
from jetfleet.board.question import rubbish
from jetfleet.board.status import clocks, over_current, power_mode, throttling

PIECES = 8
"""Pieces from which the time between the first and the last one is the time for tokens."""

EXAMPLE = 200
"""Characters of an answer that are printed."""

_SETTLE = 2.0
"""Seconds in which a server's metrics follow the end of a request."""


def conditions(root: str = "") -> dict[str, Any]:
    """Return what of the board decides how fast it is."""
    parts: dict[str, Callable[[], Any]] = {
        "power_mode": power_mode,
        "clocks_locked": lambda: clocks(root)["locked"],
        "throttling": lambda: throttling(root),
        "over_current": lambda: over_current(root),
    }
    found: dict[str, Any] = {}
    for name, part in parts.items():
        try:
            found[name] = part()
        except Exception:  # noqa: BLE001 - one broken part must not hide the others
            found[name] = None
    return found


class Probe:
    """One probe; `found` is what is known of it so far."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.server = Server(job)
        self.end = time.monotonic() + job["seconds"]
        # Of its own making: a prompt that came before would be answered from a cache.
        self.nonce = os.urandom(8).hex()
        self.seed = int(self.nonce, 16) & 0x7FFFFFFF
        self.sent = 0
        self.texts: list[str] = []
        self.found: dict[str, Any] = {
            "requests": [], "failed": 0, "error": "", "rubbish": 0, "example": "",
            "disturbed": None, "streamed": True,
        }  # fmt: skip

    @property
    def left(self) -> float:
        """Seconds until it has to end."""
        return float(self.end - time.monotonic())

    def others(self) -> float | None:
        """Return how many requests of others the server works on; None if it does not say."""
        if not self.job["running"]:
            return None
        page = metrics(self.server)
        found = [value_of(name, page) for name in self.job["running"]]
        known = [value for value in found if value is not None]
        return sum(known) if known else None

    def finished(self) -> float | None:
        """Return how many requests the server has ended since it began; None: unknown."""
        if not self.job["finished"]:
            return None
        return first_of(self.job["finished"], metrics(self.server))

    def is_quiet(self, seconds: float) -> bool:
        """Wait until nobody loads the server, at most for some seconds; tell whether that is so."""
        end = time.monotonic() + min(seconds, self.left)
        while self.others():
            if time.monotonic() >= end:
                return False
            time.sleep(0.2)
        return True

    def run(self) -> None:
        """Send all requests."""
        if self.others() is not None:
            self.found["disturbed"] = 0
        self.is_quiet(self.job["wait"])
        before, wanted = self.finished(), self.job["requests"]
        for number in range(2 * wanted):  # those that do not count are sent once more
            if len(self.found["requests"]) >= wanted or self.found["failed"] >= wanted:
                break
            if self.left <= 0:
                break
            self.ask(number)
        self.count(before)
        self.judge()

    def ask(self, number: int) -> None:
        """Send one request; it counts if nobody else loads the server before it and after it."""
        quiet = self.is_quiet(_SETTLE)
        words = prompt_of(self.job["words"], self.seed, number)
        prompt = f"{self.nonce}-{number}: {words}. A story that has these words begins like this:"
        if quiet:
            try:
                answer = self.server.generate(
                    prompt, self.job["tokens"], self.seed, max(1.0, self.left)
                )
            except Failed as error:
                self.found["failed"] += 1
                self.found["error"] = self.found["error"] or printable(str(error)[:500])
                return
            self.sent += 1
            quiet = self.is_quiet(_SETTLE)
        if quiet:
            self.take(answer)
        else:
            self.found["disturbed"] = (self.found["disturbed"] or 0) + 1

    def take(self, answer: dict[str, Any]) -> None:
        """Note the figures of an answer, and whether it is rubbish."""
        times, began = answer["times"], answer["began"]
        tokens = min(answer["output"], self.job["tokens"])  # a server may count more than it sends
        first, last = times[0] - began, times[-1] - times[0]
        streamed = len(times) >= PIECES and last > 0
        rate = (tokens - 1) / last if streamed else tokens / max(times[-1] - began, 1e-6)
        if rate <= 0 or first <= 0:
            return
        self.found["streamed"] = self.found["streamed"] and streamed
        row = {"tokens_per_second": rate, "ttft_ms": 1000 * first, "tokens": tokens}
        self.found["requests"].append(row)
        self.texts.append(answer["text"])
        if rubbish(answer["text"]):
            self.found["rubbish"] += 1
            self.found["example"] = self.found["example"] or printable(answer["text"][:EXAMPLE])

    def count(self, before: float | None) -> None:
        """Take no figure if others were answered while this program asked."""
        after = self.finished()
        if before is None or after is None:
            return
        others = round(after - before) - self.sent
        if others > 0:
            self.found.update(requests=[], disturbed=(self.found["disturbed"] or 0) + others)

    def judge(self) -> None:
        """Take answers for rubbish that are the same whatever was asked."""
        if len(self.texts) > 2 and len(set(self.texts)) == 1:  # noqa: PLR2004 - two may be alike
            self.found["rubbish"] = len(self.texts)
            self.found["example"] = printable(self.texts[0][:EXAMPLE])


def main(job: dict[str, Any]) -> None:
    """Print what was measured within the limit, whatever the server does."""
    begin, probe = conditions(), Probe(job)
    work = threading.Thread(target=probe.run, daemon=True)
    work.start()
    work.join(job["seconds"])
    found = dict(probe.found, requests=list(probe.found["requests"]))
    if work.is_alive():
        found["error"] = found["error"] or f"it had not ended after {job['seconds']} s"
    print(json.dumps({**found, "begin": begin, "end": conditions()}))
