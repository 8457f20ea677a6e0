"""The stand-in hubs in this process, over real TLS on loopback."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetfleet.hubs.base import Hub
from jetfleet.hubs.registry import hub_of
from jetfleet.spec.model import ModelSpec
from jetfleet.steps import Links
from jetfleet.workstation.workstation import Workstation
from twins import standins
from twins.standins import ca, direct
from twins.standins.hubs.accepted import Keys
from twins.standins.hubs.content.definition import definitions
from twins.standins.hubs.content.models import Model, laid_out
from twins.standins.hubs.exchange import Site
from twins.standins.hubs.faults import Fault
from twins.standins.hubs.ledger import Ledger
from twins.standins.hubs.server import Hubs, Server
from twins.standins.hubs.sites import sites

KEYS = Keys(
    {
        "ngc": frozenset({"nvapi-canary", "legacy-canary"}),
        "hf": frozenset({"hf-canary", "hf-stranger"}),
        "modelscope": frozenset({"ms-canary"}),
    },
    strangers=frozenset({"hf-stranger"}),
)


@dataclass(frozen=True)
class Loopback:
    """Running hubs: what they serve, and how they are asked as jetfleet asks them."""

    url: str
    hubs: Hubs
    authority: Path
    log: Path

    def hub(self, source: str, key: str | None = None, **more: Any) -> Hub:
        reference = {"api_key": {"env": "KEY"}} if key else {}
        model = ModelSpec.model_validate({"name": "m", "source": source, **reference, **more})
        return hub_of(model, self.workstation(KEY=key or ""))

    def workstation(self, **secrets: str) -> Workstation:
        return Workstation(
            known_hosts=Path("known_hosts"),
            endpoints=standins.endpoints(self.url),
            ca=self.authority,
            secrets=secrets,
        )

    def fault(self, match: str, **wrong: Any) -> None:
        self.hubs.faults.add(Fault(match=match, **wrong))

    def fetched(self, links: Links) -> dict[str, str]:
        """Return the sha256 of each file as a board gets it: without any key."""
        hashes = {path: hashlib.sha256(data).hexdigest() for path, data in links.content.items()}
        with direct.session(self.authority) as session:
            for path, urls in links.urls.items():
                answer = session.get(urls[0], timeout=10)
                assert answer.ok, (urls[0], answer.status_code)
                hashes[path] = hashlib.sha256(answer.content).hexdigest()
        return hashes


def of(cache: Path, *names: str) -> list[Model]:
    """Lay out the models of these names."""
    return [laid_out(cache, one) for one in definitions() if not names or one.name in names]


def usual(models: Sequence[Model]) -> Callable[[str], Sequence[Site]]:
    """Return what makes all hubs for models, with the keys above."""
    return lambda origin: sites(models, KEYS, 60, origin)


@contextmanager
def loopback(folder: Path, make: Callable[[str], Sequence[Site]]) -> Iterator[Loopback]:
    """Serve what `make` returns for the origin of the stores."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "hubs.jsonl"
    hubs = Hubs(tuple(make(f"https://localhost:{port}")), Ledger(log))
    server = Server(("127.0.0.1", port), ca.leaf(folder, folder, ("127.0.0.1",)), hubs)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Loopback(f"https://127.0.0.1:{port}", hubs, ca.ca_file(folder), log)
    finally:
        server.shutdown()
        server.server_close()
