"""Fetching: against a bare aria2c, through a seed, and under kills beside the hubs' own clients.

`python -m bench.fetch`: needs root, as twins do. Every figure is a ratio or a count of bytes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from jetfleet.fleet.fleet import Fleet
from jetfleet.roles import models
from tests.support.model_lab import COSMOS, DIRECTORY, NGC_KEY, PEOPLENET, Shelf, weights

ROUNDS = 3
SIZE = 400 * 10**6
SHARED = 64 * 10**6
SIX = tuple(f"orin{number}" for number in range(1, 7))
HOST, MODEL = "orin", "peoplenet"
STORE = "files.ngc.nvidia.com"


@contextmanager
def shelf(models: dict[str, Any], **options: Any) -> Iterator[Shelf]:
    """Yield twins for models; end them."""
    with tempfile.TemporaryDirectory() as folder:
        made = Shelf.of(Path(folder), models, **options)
        try:
            yield made
        finally:
            made.down()


def bare(board: Shelf) -> float:
    """Seconds that aria2c alone takes, with its hash checked, connections as jetfleet opens."""
    file = weights(board.locked(MODEL))
    url = next(
        f"https://{STORE}{place.removeprefix(STORE)}?{query}"
        for place, query in signed(board).items()
        if place.endswith(file.path)
    )
    script = (
        f"mkdir -p {DIRECTORY}/bare && cd {DIRECTORY}/bare && rm -f * && aria2c -q --no-conf=true "
        "--file-allocation=none -x4 -s4 --min-split-size=4M --check-integrity=true "
        f"--checksum=sha-256={file.sha256} '{url}'"
    )
    began = time.monotonic()
    board.sh(HOST, script)
    taken = time.monotonic() - began
    board.sh(HOST, f"rm -r {DIRECTORY}/bare")
    return taken


def signed(board: Shelf) -> dict[str, str]:
    """Return the query of a signed URL for each place of the model's files."""
    links = Fleet.load(board.spec, (models,)).resolver.links(
        MODEL,
        list(board.locked(MODEL)),
        True,  # noqa: FBT003
    )
    found = {}
    for urls in links.urls.values():
        place, _, query = urls[0].removeprefix("https://").partition("?")
        found[place] = query
    return found


def unit_seconds(board: Shelf) -> float:
    """Seconds from the start of jetfleet's unit to the model in its place, on the board's clock."""
    board.sh(HOST, f"rm -rf {board.folder(MODEL)}; journalctl -q --rotate --vacuum-time=1ms")
    board.fetched()
    lines = board.sh(HOST, "journalctl -q -u 'jetfleet-fetch-*' -o short-unix --no-pager")
    times = [float(line.split()[0]) for line in lines.splitlines() if line[:1].isdigit()]
    return max(times) - min(times)


def against_bare() -> None:
    """Print the rate of a fetch as a share of that of a bare aria2c, and of whole runs."""
    with shelf({MODEL: {"source": f"ngc:{PEOPLENET}"}}, sizes={PEOPLENET: SIZE}) as board:
        board.fetched()
        ours, theirs, runs = [], [], []
        for _ in range(ROUNDS):
            theirs.append(bare(board))
            began = time.monotonic()
            ours.append(unit_seconds(board))
            runs.append(time.monotonic() - began)
    print(
        f"{SIZE / 1e6:.0f} MB: aria2c {median(theirs):.2f} s, jetfleet's fetch {median(ours):.2f} s"
        f" ({SIZE / 1e6 / median(ours):.0f} MB/s): rate {median(theirs) / median(ours):.2f} x; "
        f"the whole run of pyinfra {median(runs):.2f} s: {median(theirs) / median(runs):.2f} x"
    )


def shared() -> None:
    """Print what the hub serves to six boards, with and without a seed."""
    models = {"cosmos": {"source": f"ngc:{COSMOS}", "api_key": NGC_KEY}}
    for seeds in (1, 0):

        def edit(spec: Any, seeds: int = seeds) -> None:
            for name in SIX[:seeds]:
                spec["hosts"][name]["models"] = {"seed": True}

        with shelf(models, hosts=SIX, sizes={COSMOS: SHARED}, edit=edit) as boards:
            prepare(boards)
            began = time.monotonic()
            boards.fetched()
            taken = time.monotonic() - began
            total = sum(file.size for file in boards.locked("cosmos").values())
            if not all(boards.is_whole("cosmos", name) for name in SIX):
                sys.exit("a board has not what was locked")
            print(
                f"{len(SIX)} boards, {seeds} seed: the hub sent {boards.sent(STORE) / total:.3f} x "
                f"the {total / 1e6:.0f} MB in {taken:.1f} s"
            )


def prepare(boards: Shelf) -> None:
    """Fetch once and forget it, so that what is measured is the fetch alone."""
    boards.fetched()
    for name in SIX:
        boards.sh(name, f"rm -rf {DIRECTORY}/cosmos")
    boards.forget()


PARTS = {"bare": against_bare, "shared": shared}


def main(names: Sequence[str]) -> None:
    """Measure the parts that are named, or all."""
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main(sys.argv[1:])
