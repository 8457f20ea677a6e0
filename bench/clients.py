"""The hubs' own clients under kills: how many bytes a model costs in all, beside jetfleet.

`python -m bench.clients`; its first run installs the clients.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.support.fetch_kills import CONNECTIONS, RATE, SIZE, STORE, fetch_with
from tests.support.hub_clients import WITH_NGC, Person, installed
from tests.support.hubs import loopback, usual
from tests.support.model_lab import PEOPLENET, Shelf
from twins.paths import cache_dir
from twins.standins.hubs.content.definition import definitions
from twins.standins.hubs.content.models import laid_out

HF = "Qwen/Qwen3-VL-2B-Instruct"
SHARES = (0.2, 0.5, 0.8)
PATIENCE = 120


def stored(folder: Path) -> int:
    """Bytes that files below a folder take on disk: some clients make holes first."""
    done = subprocess.run(["du", "-s", "-B1", folder], capture_output=True, text=True, check=False)
    return int(done.stdout.split()[0])


def killed_at(person: Person, share: float, argv: Sequence[str | Path]) -> None:
    """Run a client and kill it when it has brought this share of the model."""
    low, end = stored(person.home), time.monotonic() + PATIENCE
    run = subprocess.Popen(
        [person.clients / argv[0], *argv[1:]],
        env=person.environ(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while run.poll() is None and time.monotonic() < end:
        have = stored(person.home)
        low = min(low, have)  # some begin by emptying what was there
        if have - low >= share * SIZE:
            break
        time.sleep(0.05)
    run.kill()
    run.wait()


def of_client(name: str, argv: Sequence[str], store: str) -> None:
    """Print the bytes that a client had sent for three kills and one run to the end."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        models = [
            laid_out(cache_dir(), one.resized(SIZE))
            for one in definitions()
            if one.target in {PEOPLENET, HF} and one.hub in {"hf", "ngc"}
        ]
        with loopback(folder, usual(models)) as hubs:
            hubs.fault(f"{store}*", rate=RATE, times=None)
            person = Person(installed(), hubs, folder / "home")
            person.home.mkdir()
            command = [str(person.home) if word == "HOME" else word for word in argv]
            for share in SHARES:
                killed_at(person, share, command)
            done = person.run(*command)
            time.sleep(1)  # the server notes a request when its connection has ended
            sent = sum(n for place, n in hubs.hubs.ledger.bytes().items() if store in place)
    print(
        f"{name}: {sent / SIZE:.2f} x the size after {len(SHARES)} kills, ended {done.returncode}"
    )


def of_jetfleet() -> None:
    """Print the same for jetfleet, its aria2 killed at the same shares."""
    with tempfile.TemporaryDirectory() as scratch:
        models = {"peoplenet": {"source": f"ngc:{PEOPLENET}"}}
        shelf = Shelf.of(Path(scratch), models, sizes={PEOPLENET: SIZE})
        try:
            shelf.fault(match=f"{STORE}*safetensors", rate=RATE // CONNECTIONS, times=None)
            sent = fetch_with(shelf, [(share, "aria2") for share in SHARES])
        finally:
            shelf.down()
    print(f"jetfleet: {sent / SIZE:.2f} x the size after {len(SHARES)} kills")


def main() -> None:
    """Measure all three."""
    of_client("hf download", ("hf", "download", HF, "--local-dir", "HOME"), "cas-bridge")
    of_client("ngcsdk", ("python", "-c", WITH_NGC, PEOPLENET, "HOME"), STORE)
    of_jetfleet()


if __name__ == "__main__":
    main()
