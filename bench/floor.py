"""The floor of a run: one process that opens a connection to each board and runs `true`.

`python -m bench.floor SPEC`: paramiko, in as many threads as pyinfra has greenlets. Its host keys
are checked, as jetfleet checks them. Where the boards are virtual Jetsons, SPEC is the file that
directs a run to them, ``NAME.twins.yaml``.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
from ruamel.yaml import YAML

SSH = 22
AT_ONCE = 20 * (os.cpu_count() or 1)


def main() -> None:
    """Connect to all boards of a spec; end with 1 if one of them does not answer."""
    path = Path(sys.argv[1])
    spec = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    login = spec.get("defaults", {}).get("ssh") or {"user": "nvidia", "key": spec["key"]}
    known = paramiko.HostKeys(str(spec.get("known_hosts") or path.with_name("known_hosts")))
    key = paramiko.Ed25519Key.from_private_key_file(login["key"])

    def ask(host: dict[str, str]) -> None:
        address, port = host["address"], int(host["port"])
        name = address if port == SSH else f"[{address}]:{port}"
        transport = paramiko.Transport((address, port))
        transport.start_client()
        if not known.check(name, transport.get_remote_server_key()):
            raise SystemExit(f"{name} has another key")
        transport.auth_publickey(login["user"], key)
        channel = transport.open_session()
        channel.exec_command("true")
        channel.recv_exit_status()
        transport.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, spec["hosts"].values()))


if __name__ == "__main__":
    main()
