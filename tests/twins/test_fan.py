"""The fan profile of a board: set once, the same after a boot, each drift named and repaired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.drift_table import FAN, FAN_CONF, FAN_TABLE, Drift
from tests.support.lab import Lab, Spec, changed, no_reboot

DEPLOY = "deploys/base.py"
HOST = "orin"
SHOWN = "nvfancontrol -q | grep -o FAN_PROFILE:.*"


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    spec["defaults"]["power"]["fan"] = "cool"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("fan"), [HOST], _edit)
    try:
        assert lab.sh(HOST, SHOWN) == "FAN_PROFILE:quiet\n"
        assert lab.apply(deploy=DEPLOY).status == 0
        yield lab
    finally:
        lab.down()


def rows(lab: Lab) -> list[str]:
    return changed(lab.apply(deploy=DEPLOY), HOST)


def test_the_profile_is_set_and_stays_after_a_boot(lab: Lab) -> None:
    assert lab.sh(HOST, SHOWN) == "FAN_PROFILE:cool\n"
    assert lab.holds(HOST, "[ -L /etc/nvfancontrol.conf ]")
    assert lab.holds(HOST, f"grep -q 'FAN_DEFAULT_PROFILE cool' {FAN_CONF}")
    lab.fleet.power_cut(HOST)
    lab.fleet.power_on(HOST)
    assert lab.sh(HOST, SHOWN) == "FAN_PROFILE:cool\n"
    assert rows(lab) == []


@pytest.mark.parametrize("drift", FAN_TABLE, ids=lambda drift: drift.name)
def test_a_drift_is_named_and_repaired(lab: Lab, drift: Drift) -> None:
    lab.sh(HOST, drift.by)
    assert rows(lab) == [FAN]
    assert lab.sh(HOST, SHOWN) == "FAN_PROFILE:cool\n"
    assert rows(lab) == []


def test_a_profile_that_the_board_does_not_have_is_refused(lab: Lab) -> None:
    def edit(spec: Spec) -> None:
        spec["defaults"]["power"]["fan"] = "loud"

    lab.rewrite(edit)
    said = lab.dry(deploy=DEPLOY).log
    assert "the fans of this board have no profile loud, they have quiet, cool" in said
