"""Every managed attribute is broken in turn: the plan names it, an apply repairs only it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.drift_table import IMAGES, LIVE_MODE, MODE, TABLE, Drift
from tests.support.lab import CAMPAIGN, Lab, changed
from tests.support.twin_fingerprint import fingerprint

BOARDS = ("orin", "thor", "nano") if CAMPAIGN else ("orin",)


CASES = [(host, drift) for host in BOARDS for drift in TABLE if CAMPAIGN or drift.sample]


def on(host: str, text: str) -> str:
    """Fill in what differs between boards."""
    texts = {"{image}": IMAGES[host], "{live}": LIVE_MODE[host], "{mode}": MODE[host]}
    for name, value in texts.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize(
    ("host", "drift"), CASES, ids=[f"{host}-{drift.name}" for host, drift in CASES]
)
def test_drift_is_named_and_repaired(board: Callable[[str], Lab], host: str, drift: Drift) -> None:
    lab = board(host)
    rows = {on(host, row) for row in drift.rows}
    does = rows if drift.does is None else {on(host, row) for row in drift.does}
    before = fingerprint(lab, host).without_runs()
    try:
        lab.sh(host, on(host, drift.by))
        plan = lab.plan(*drift.data)
        assert set(plan.get(host, ())) == rows
        ran = lab.converge(*drift.data)
        done = set(changed(ran, host))
        # systemd starts a killed container again by itself, and may have been quicker.
        assert done == does or (drift.heals and not done)
        after = fingerprint(lab, host).without_runs()
        assert after.differs_from(before) == set(drift.loses)
        assert after.touched_since(before) == set(drift.touched)
        assert lab.plan(*drift.data) == {}
    except BaseException:
        lab.apply("--data", "deep=yes")  # what is left of it is no other test's business
        raise
