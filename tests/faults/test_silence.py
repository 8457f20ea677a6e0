"""A board that says nothing any more, with its connection open: the run gives it up, and ends."""

from __future__ import annotations

import time

import pytest

from jetfleet.converge.connection import DEAD_SECONDS
from tests.support.lab import Lab, until

HOST = "orin"

HANG = """dpkg-divert -q --local --rename /usr/bin/dpkg-query
printf '#!/bin/sh\\ntouch /run/asked\\nexec sleep 600\\n' > /usr/bin/dpkg-query
chmod 755 /usr/bin/dpkg-query
"""
SILENT = "iptables -I INPUT -p tcp --dport 22 -j DROP; iptables -I OUTPUT -p tcp --sport 22 -j DROP"


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_board_that_goes_silent_in_mid_script_is_given_up(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lab = Lab.up(tmp_path_factory.mktemp("silence"), [HOST])
    try:
        lab.sh(HOST, HANG)
        run = lab.start("--dry")
        until(lambda: lab.holds(HOST, "test -e /run/asked"), "the survey to begin")
        lab.sh(HOST, SILENT)
        began = time.monotonic()
        # Its connection, three attempts to come back, and some air: the script would last longer.
        said, _ = run.communicate(timeout=DEAD_SECONDS + 3 * 60 + 60)
        assert run.returncode != 0
        assert "the connection was lost" in said, said
        assert time.monotonic() - began > DEAD_SECONDS / 2
    finally:
        lab.down()
