"""What jetfleet keeps on a board, damaged all at once: the next apply converges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jetfleet.resources.applied import APPLIED
from jetfleet.resources.daemon.restart import BACKUP, STARTED_WITH
from tests.support.lab import CAMPAIGN, MODEL, Lab, no_reboot

HOST = "orin"
SETTINGS = "/etc/jetfleet/cosmos"
UNITS = "/etc/systemd/system"
KEPT = "/var/lib/jetfleet/services/cosmos"

PATHS = (
    APPLIED, BACKUP, STARTED_WITH, "/run/jetfleet/cosmos.started", f"{KEPT}/ready.tar",
    f"{KEPT}/starting.tar", f"{MODEL}/.jetfleet", f"{MODEL}/config.json.aria2",
    f"{SETTINGS}/run", f"{SETTINGS}/ready.json", f"{SETTINGS}/vllm.yaml",
    "/usr/local/lib/jetfleet/prestart", "/usr/local/lib/jetfleet/ready",
)  # fmt: skip
UNIT_FILES = (f"{UNITS}/jetfleet-cosmos.service", f"{UNITS}/docker.service.d/jetfleet.conf")

DAMAGES = {
    "empty": ': > "$p"',
    "rubbish": 'head -c 3000 /dev/urandom > "$p"',
    "folder": 'mkdir "$p"',
    "link": 'ln -s /nowhere "$p"',
    "pipe": 'mkfifo "$p"',
    "newer": 'echo "{\\"schema\\": 99, \\"models\\": {}}" > "$p"',
    "huge": 'truncate -s 200M "$p"',
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("own"), [HOST], no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


@pytest.mark.parametrize("name", DAMAGES if CAMPAIGN else ["rubbish", "pipe"])
def test_an_apply_repairs_all_of_it(lab: Lab, name: str) -> None:
    before = lab.sh(HOST, f"ls {MODEL} {SETTINGS}; cd {MODEL} && sha256sum -- *.json")
    # A pipe in place of a unit's file stops systemd itself, and no program can repair that.
    paths = PATHS if name == "pipe" else (*PATHS, *UNIT_FILES)
    lab.sh(
        HOST,
        "systemctl stop jetfleet-cosmos; "
        f'for p in {" ".join(paths)}; do rm -rf "$p"; mkdir -p "${{p%/*}}"; {DAMAGES[name]}; done; '
        "systemctl daemon-reload",
    )
    lab.converge()
    assert lab.plan() == {}
    assert lab.sh(HOST, f"ls {MODEL} {SETTINGS}; cd {MODEL} && sha256sum -- *.json") == before
    assert lab.chat(HOST)
    assert lab.sh(HOST, f"find {KEPT} {BACKUP} /run/jetfleet ! -type f ! -type d; ls {KEPT}") == (
        "ready.tar\n"
    )
