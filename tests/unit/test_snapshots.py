"""Every file that would land on every host of the example spec and on the desk, byte for byte.

`make snapshots` rewrites them; the diff in git is the review. Programs of `jetfleet/board` and
of the runtimes are not among them: they land as they are in the repository.
"""

from __future__ import annotations

import pytest

from jetfleet.board import READY, folders, joined
from jetfleet.render import tree, write
from tests.support.rendered import HOSTS, ROOT, all_rendered

ALL = (*HOSTS, "desk")
SNAPSHOTS = ROOT / "tests/data/snapshots"


def programs(host: str) -> dict[str, str]:
    """The files of a host that are a program for boards, by path."""
    paths = [path for folder in folders() for path in folder.iterdir()]
    texts = {path.read_text() for path in paths if path.suffix in {".py", ".sh"}}
    texts.add(joined(READY))
    return {path: text for path, text in tree(all_rendered()[host]).items() if text in texts}


@pytest.mark.parametrize("host", ALL)
def test_snapshot(host: str, request: pytest.FixtureRequest) -> None:
    folder = SNAPSHOTS / host
    if request.config.getoption("--rewrite-snapshots"):
        write(all_rendered().values(), SNAPSHOTS)
        for path in [SNAPSHOTS / one / path for one in ALL for path in programs(one)]:
            path.unlink()
    kept = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    wanted = tree(all_rendered()[host])
    assert kept == {path: text for path, text in wanted.items() if path not in programs(host)}


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_installed_is_a_program_as_it_is(host: str) -> None:
    installed = {
        path for path in tree(all_rendered()[host]) if path.startswith("usr/local/lib/jetfleet/")
    }
    assert len(installed) >= 3
    assert installed <= set(programs(host))
