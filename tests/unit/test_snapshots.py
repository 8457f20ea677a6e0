"""Every file that would land on every host of the example spec, byte for byte.

`make snapshots` rewrites them; the diff in git is the review.
"""

from __future__ import annotations

import pytest

from jetfleet.render import tree, write
from tests.support.rendered import HOSTS, ROOT, lab_rendered

SNAPSHOTS = ROOT / "tests/data/snapshots"


@pytest.mark.parametrize("host", HOSTS)
def test_snapshot(host: str, request: pytest.FixtureRequest) -> None:
    folder = SNAPSHOTS / host
    if request.config.getoption("--rewrite-snapshots"):
        write(lab_rendered().values(), SNAPSHOTS)
    kept = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert kept == tree(lab_rendered()[host])
