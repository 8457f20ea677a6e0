"""The program that serves the model hubs of one fleet: `python -m twins.standins.hubs`."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from twins.standins import files
from twins.standins.ca import Leaf
from twins.standins.hubs import process
from twins.standins.hubs.accepted import Keys
from twins.standins.hubs.content import models
from twins.standins.hubs.ledger import Ledger
from twins.standins.hubs.server import Control, Hubs, Server
from twins.standins.hubs.sites import sites

_URL_SECONDS = 3600


def main() -> None:
    """Serve until SIGTERM, which ends the process at once."""
    options = _parser().parse_args()
    sizes = {target: int(size) for target, _, size in (s.rpartition("=") for s in options.size)}
    published = models.publish(options.cache, sizes)
    served = sites(published, Keys.of(options.fleet), options.url_seconds, options.store_origin)
    around = Hubs(served, Ledger(process.log_file(options.fleet)))
    leaf = Leaf(options.certificate, options.key)
    server, control = Server((options.host, options.port), leaf, around), Control(around)
    address = f"http://127.0.0.1:{control.server_address[1]}\n"
    files.write(process.control_file(options.fleet), address.encode())
    threading.Thread(target=control.serve_forever, daemon=True).start()
    server.serve_forever()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("fleet", "cache", "certificate", "key"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--store-origin")
    parser.add_argument("--url-seconds", type=int, default=_URL_SECONDS)
    parser.add_argument("--size", action="append", default=[], metavar="TARGET=BYTES")
    return parser


if __name__ == "__main__":
    main()
