"""Settings that dockerd does not take: the old file is back, and the daemon is up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.drift_table import CONFIG
from tests.support.lab import Lab, Spec, no_reboot
from tests.support.pyinfra import Ran

BASE = "deploys/base.py"
BOARDS = ("thor", "orin")  # a dockerd that can validate its settings, and one that cannot

STATE = f"sha256sum {CONFIG}; ls {CONFIG}.* 2>/dev/null; systemctl is-active docker; docker ps"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("docker"), BOARDS, no_reboot)
    try:
        ran = lab.apply(deploy=BASE)
        assert ran.status == 0, ran.log
        yield lab
    finally:
        lab.down()


def applied(lab: Lab, daemon: dict[str, Any]) -> Ran:
    def edit(spec: Spec) -> None:
        spec["defaults"]["docker"].update(daemon=daemon)
        # The key is checked on the board alone.
        spec["defaults"]["waive"] = {"docker-unknown-key": "the board knows it"}

    lab.rewrite(edit)
    return lab.apply(deploy=BASE)


@pytest.mark.parametrize(
    ("daemon", "said"),
    [
        ({"storage-driver": "no-such"}, {"thor": "the old", "orin": "the old"}),
        ({"no-such-key": True}, {"thor": "dockerd refuses the settings", "orin": "the old"}),
    ],
    ids=["when-it-starts", "when-it-reads"],
)
def test_the_old_settings_come_back(lab: Lab, daemon: dict[str, Any], said: dict[str, str]) -> None:
    before = {host: lab.sh(host, STATE) for host in BOARDS}
    started = lab.sh("thor", "systemctl show -P MainPID docker")
    try:
        ran = applied(lab, daemon)
        assert ran.status == 1
        for host in BOARDS:
            lines = [line for line in ran.log.splitlines() if f"[{host}]" in line]
            assert any(said[host] in line for line in lines), ran.log
            assert lab.sh(host, STATE) == before[host]
        if "refuses" in said["thor"]:  # it was asked first, so nothing was restarted
            assert lab.sh("thor", "systemctl show -P MainPID docker") == started
    finally:
        ran = applied(lab, {})
    assert ran.status == 0, ran.log
    assert {host: lab.sh(host, STATE) for host in BOARDS} == before
